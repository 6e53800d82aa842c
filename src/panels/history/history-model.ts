/** What the history panel shows: the current notebook's entries, the filter, and how true it is. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import type { WholeRecord } from '../../../agent/core/views/execution-record.js';
import type { ActorIdentity, CellId, ExecutionId } from '../../../schema/index.js';
import type { CellPlaces } from '../../store/cell-places.js';
import { cellPlaces } from '../../store/cell-places.js';
import type { NotebookStore } from '../../store/notebook-store.js';
import type { IColophon } from '../../tokens.js';
import { actorKey } from '../../words/actors.js';
import type { EntryFilter, KindChoice, ShownEntry } from '../../words/entry.js';
import { actorsIn, isOfKind, matches } from '../../words/entry-filter.js';
import { EntryBook } from './entry-book.js';

export class HistoryModel extends VDomModel {
  constructor(
    readonly colophon: IColophon,
    readonly trans: TranslationBundle
  ) {
    super();
    this.book = new EntryBook(trans);
    colophon.status.changed.connect(this.onChanged, this);
    colophon.settings.changed.connect(this.onChanged, this);
    colophon.stores.currentChanged.connect(this.onCurrentChanged, this);
    colophon.stores.opened.connect(this.onCurrentChanged, this);
    this.onCurrentChanged();
  }

  /** The notebook that is shown; undefined if none is open. */
  get panel(): NotebookPanel | undefined {
    return this.colophon.stores.currentPanel;
  }

  get store(): NotebookStore | undefined {
    return this.shownStore;
  }

  get filter(): EntryFilter {
    return this.chosen;
  }

  set filter(filter: EntryFilter) {
    this.chosen = filter;
    this.entriesNow = undefined;
    this.stateChanged.emit();
  }

  /** Every entry that is loaded, newest first. */
  get all(): readonly ShownEntry[] {
    return this.store === undefined || this.isHeldBack
      ? []
      : this.book.entries(this.store.events, this.places);
  }

  /** The kind that is shown: the chosen one, or the one of the settings. */
  get kind(): KindChoice {
    const { showSystem } = this.colophon.settings.current;
    return this.chosen.kind ?? (showSystem ? 'everything' : 'deeds');
  }

  /** The entries that match the filter and the settings, newest first. */
  get entries(): readonly ShownEntry[] {
    const { all, kind } = this;
    const now = this.entriesNow;
    if (now?.all !== all || now.kind !== kind) {
      const shown = all.filter(entry => matches(entry, { ...this.chosen, kind }));
      this.entriesNow = { all, kind, shown };
      return shown;
    }
    return now.shown;
  }

  /** Whom the filter offers: everybody in the entries of this kind, and who is chosen. */
  get actors(): readonly ActorIdentity[] {
    const { all, kind } = this;
    const chosen = actorsIn(all).filter(actor => actorKey(actor) === this.chosen.actor);
    const offered = actorsIn(all.filter(entry => isOfKind(entry, kind)));
    const missing = chosen.filter(
      actor => !offered.some(other => actorKey(other) === actorKey(actor))
    );
    return [...offered, ...missing];
  }

  /** Position of a cell in the notebook, from 1; undefined if it is gone. */
  placeOf(cellId: CellId): number | undefined {
    return this.places.get(cellId);
  }

  /** The record of a run of the notebook that is shown, whole. */
  record(executionId: ExecutionId): Promise<WholeRecord> {
    return this.store === undefined
      ? Promise.reject(new Error(this.trans.__('No notebook is open.')))
      : this.colophon.api.execution(this.store.stream, executionId);
  }

  /** While the panel is not visible, nothing is computed. */
  set isHeldBack(heldBack: boolean) {
    if (this.heldBack !== heldBack) {
      this.heldBack = heldBack;
      this.onChanged();
    }
  }

  get isHeldBack(): boolean {
    return this.heldBack;
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { settings, status, stores } = this.colophon;
    status.changed.disconnect(this.onChanged, this);
    settings.changed.disconnect(this.onChanged, this);
    stores.currentChanged.disconnect(this.onCurrentChanged, this);
    stores.opened.disconnect(this.onCurrentChanged, this);
    this.leave();
    super.dispose();
  }

  private get places(): CellPlaces {
    const model = this.panel?.model;
    return model == null ? new Map() : cellPlaces(model);
  }

  private onCurrentChanged(): void {
    const store = this.colophon.stores.current;
    if (store !== this.shownStore) {
      this.leave();
      this.shownStore = store;
      this.shownCells = this.panel?.model?.cells;
      this.chosen = {};
      store?.changed.connect(this.onChanged, this);
      this.shownCells?.changed.connect(this.onChanged, this);
    }
    this.onChanged();
  }

  private leave(): void {
    this.shownStore?.changed.disconnect(this.onChanged, this);
    this.shownCells?.changed.disconnect(this.onChanged, this);
    this.book.clear();
    this.entriesNow = undefined;
  }

  private onChanged(): void {
    if (!this.heldBack) {
      this.stateChanged.emit();
    }
  }

  private chosen: EntryFilter = {};
  private heldBack = false;
  private shownStore: NotebookStore | undefined;
  private shownCells: NonNullable<NotebookPanel['model']>['cells'] | undefined;
  private entriesNow:
    { all: readonly ShownEntry[]; kind: KindChoice; shown: readonly ShownEntry[] } | undefined;
  private readonly book: EntryBook;
}
