/**
 * What the Streams browser shows: which streams there are, the one that is chosen, and its events.
 * One signal for each of its parts, so that a stream that is busy does not draw the whole tree again.
 */
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Event, StreamPath } from '../../../schema/index.js';
import type { StreamEntry } from '../../client/api.js';
import { StreamList } from '../../store/stream-list.js';
import { StreamLog } from '../../store/stream-log.js';
import type { IColophon } from '../../tokens.js';
import { EventFilter } from '../../words/event-filter.js';
import { pathsAbove, type TreeRow, treeRows } from './stream-tree.js';

export class StreamsModel implements IDisposable {
  constructor(
    readonly colophon: IColophon,
    readonly trans: TranslationBundle,
    /** Open a file of the server, or go to it. */
    readonly openFile: (path: string) => void
  ) {
    this.eventFilter = new EventFilter(trans);
    this.list = new StreamList(colophon.api);
    this.list.changed.connect(this.onListChanged, this);
    colophon.status.changed.connect(this.onStatusChanged, this);
    colophon.stores.opened.connect(this.onListChanged, this);
  }

  /** The rows of the tree changed. */
  readonly treeChanged = new Signal<this, void>(this);
  /** What is to be seen of the chosen stream changed. */
  readonly logChanged = new Signal<this, void>(this);
  /** Another stream was chosen. */
  readonly chosenChanged = new Signal<this, void>(this);
  /** Events came in the chosen stream. */
  readonly happened = new Signal<this, readonly Event[]>(this);

  readonly list: StreamList;

  /** The chosen stream; undefined for none yet. */
  get chosen(): StreamPath | undefined {
    return this.shownLog?.stream;
  }

  get log(): StreamLog | undefined {
    return this.shownLog;
  }

  /** Another number each time that a stream is opened. */
  get opening(): number {
    return this.opened;
  }

  /** Choose a stream; it need not exist yet. */
  choose(stream: StreamPath): void {
    if (stream === this.chosen) {
      return;
    }
    this.wantedEvents = '';
    this.folded = new Set([...this.folded].filter(path => !pathsAbove(stream).includes(path)));
    this.deleted = false;
    this.open(stream);
    this.chosenChanged.emit();
    this.treeChanged.emit();
    this.logChanged.emit();
  }

  /** Was it deleted while it was shown? Until something happens in it anew. */
  get isDeleted(): boolean {
    return this.deleted && this.log?.isLoaded === true && this.log.count === 0;
  }

  /** Read the chosen stream anew. */
  reopen(): void {
    if (this.chosen !== undefined) {
      this.open(this.chosen);
      this.chosenChanged.emit();
    }
  }

  /** The path of a notebook's file, where it is known; else the path of the stream. */
  titleOf(stream: StreamPath): string {
    return this.names.get(stream) ?? stream;
  }

  /** The rows of the tree, from top to bottom; undefined until the streams are known. */
  get rows(): readonly TreeRow[] | undefined {
    const { entries } = this.list;
    if (entries === undefined) {
      return undefined;
    }
    const { chosen } = this;
    const began = chosen === undefined || entries.some(({ stream }) => stream === chosen);
    const all: readonly StreamEntry[] = began
      ? entries
      : [...entries, { stream: chosen, head: 0, createdAt: '' }];
    const { names, folded: collapsed, treeFilter: filter } = this;
    return treeRows(all, { names, collapsed, filter });
  }

  /** Events in a row's stream: that of the chosen one is known before the list is asked again. */
  countOf({ path, count }: TreeRow): number | undefined {
    if (path === this.chosen && this.log?.refusal !== undefined) {
      return undefined;
    }
    return path === this.chosen && this.log?.isLoaded === true ? this.log.count : count;
  }

  get treeFilter(): string {
    return this.wantedTree;
  }

  set treeFilter(filter: string) {
    this.wantedTree = filter;
    this.treeChanged.emit();
  }

  /** Fold a stream's children away, or show them. */
  fold(path: StreamPath, folded: boolean): void {
    const next = new Set(this.folded);
    if (folded) {
      next.add(path);
    } else {
      next.delete(path);
    }
    this.folded = next;
    this.treeChanged.emit();
  }

  /** The filter of the events. */
  get filter(): string {
    return this.wantedEvents;
  }

  set filter(filter: string) {
    this.wantedEvents = filter;
    this.logChanged.emit();
  }

  /** The events that are held and fit the filter, ascending. */
  get events(): readonly Event[] {
    const all = this.log?.events ?? [];
    if (this.matched?.all !== all || this.matched.filter !== this.filter) {
      const shown = this.eventFilter.matching(all, this.filter);
      this.matched = { all, filter: this.filter, shown };
    }
    return this.matched.shown;
  }

  /** Does somebody look? Otherwise the list is not asked for, and the stream now and then only. */
  set isLookedAt(looking: boolean) {
    this.looking = looking;
    this.list.isLookedAt = looking;
    if (this.shownLog !== undefined) {
      this.shownLog.pace = looking ? 'live' : 'polled';
    }
  }

  get isDisposed(): boolean {
    return this.list.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.colophon.status.changed.disconnect(this.onStatusChanged, this);
      this.colophon.stores.opened.disconnect(this.onListChanged, this);
      this.shownLog?.dispose();
      this.list.dispose();
      Signal.clearData(this);
    }
  }

  private open(stream: StreamPath): void {
    this.shownLog?.dispose();
    this.opened += 1;
    this.began = this.list.entries?.find(entry => entry.stream === stream)?.createdAt;
    this.shownLog = new StreamLog({
      api: this.colophon.api,
      stream,
      pace: this.looking ? 'live' : 'polled',
      onChange: () => this.onLogChanged(),
      onEvents: events => this.onEvents(events)
    });
  }

  /** The names of the notebooks that are open are known without asking. */
  private get names(): ReadonlyMap<StreamPath, string> {
    const open = this.colophon.stores.all.map(
      ({ panel, store }) => [store.stream, panel.context.localPath] as const
    );
    return new Map([...this.list.names, ...open]);
  }

  private onListChanged(): void {
    // Another beginning, or none any more: it was deleted, and what is shown is of the past.
    const createdAt = this.list.entries?.find(({ stream }) => stream === this.chosen)?.createdAt;
    if (this.began !== undefined && createdAt !== this.began) {
      this.deleted = createdAt === undefined;
      this.reopen();
    }
    this.began = createdAt;
    if (createdAt !== undefined && this.log?.refusal !== undefined) {
      this.log.wake(); // It may be read now.
    }
    this.treeChanged.emit();
    this.logChanged.emit();
  }

  private onLogChanged(): void {
    if (this.log?.connection.kind === 'lost' && this.colophon.status.runs) {
      void this.colophon.status.refresh();
    }
    this.logChanged.emit();
  }

  private onStatusChanged(): void {
    if (this.colophon.status.runs) {
      this.shownLog?.wake();
      this.list.refresh();
    }
    if (this.list.entries === undefined) {
      this.treeChanged.emit();
    }
    this.logChanged.emit();
  }

  private onEvents(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === 'notebook.renamed') {
        this.list.rename(event.stream, event.data.to);
      }
    }
    this.happened.emit(events);
    this.treeChanged.emit();
  }

  private looking = false;
  private opened = 0;
  private deleted = false;
  /** When the chosen stream began, as the list has it. */
  private began: string | undefined;
  private wantedTree = '';
  private wantedEvents = '';
  private folded: ReadonlySet<StreamPath> = new Set();
  private shownLog: StreamLog | undefined;
  private matched: { all: readonly Event[]; filter: string; shown: readonly Event[] } | undefined;
  private readonly eventFilter: EventFilter;
}
