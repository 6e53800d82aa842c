/**
 * What is written and known of the chosen stream: a draft for each stream, which is lost neither by an
 * error nor by looking at another stream, the answer to the last post, and the stream's state, live.
 */
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { reasonOf } from '../../../agent/core/explain.js';
import type { Event, Post, StreamPath } from '../../../schema/index.js';
import type { StreamState } from '../../client/stream-state.js';
import { RefusedError } from '../../client/problem.js';
import { type KnownState, StreamStateWatch } from '../../store/stream-state.js';
import { checkDraft, type Draft, type DraftField, EMPTY_DRAFT } from './draft.js';
import type { StreamsModel } from './streams-model.js';

/** How the last post of a stream went. `refused`: the host's words. `unknown`: nobody answered. */
export type PostOutcome =
  | { readonly kind: 'posting' }
  | { readonly kind: 'stored'; readonly event: Event }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  | { readonly kind: 'unknown'; readonly detail: string };

/** What the desk shows of one stream. */
interface Sheet {
  readonly draft: Draft;
  readonly errors: Readonly<Partial<Record<DraftField, string>>>;
  readonly outcome: PostOutcome | undefined;
  /** The post as it was last sent, and the key that makes sending it again safe. */
  readonly sent: { readonly text: string; readonly key: string } | undefined;
  /** The payloads that were written for other types. */
  readonly aside: Readonly<Record<string, string>>;
}

const NEW_SHEET: Sheet = {
  draft: EMPTY_DRAFT,
  errors: {},
  outcome: undefined,
  sent: undefined,
  aside: {}
};

export type DeskTab = 'compose' | 'state';

export class DeskModel implements IDisposable {
  constructor(readonly streams: StreamsModel) {
    this.watch = new StreamStateWatch(streams.colophon.api, () => this.changed.emit());
    this.watch.watch(streams.chosen);
    streams.chosenChanged.connect(this.onChosen, this);
    streams.happened.connect(this.onHappened, this);
    streams.colophon.status.changed.connect(this.onHappened, this);
  }

  readonly changed = new Signal<this, void>(this);

  get tab(): DeskTab {
    return this.shownTab;
  }

  set tab(tab: DeskTab) {
    this.shownTab = tab;
    this.changed.emit();
  }

  /** The sheet of the chosen stream. */
  get sheet(): Sheet {
    const { chosen } = this.streams;
    return (chosen && this.sheets.get(chosen)) ?? NEW_SHEET;
  }

  get known(): KnownState {
    return this.watch.current;
  }

  /** Undefined until it is known, or if there is none. */
  get state(): StreamState | undefined {
    return this.known.kind === 'known' ? this.known.state : undefined;
  }

  /** Change fields of the draft. */
  write(fields: Partial<Draft>): void {
    const { draft, errors, ...rest } = this.sheet;
    const left = Object.fromEntries(Object.entries(errors).filter(([field]) => !(field in fields)));
    this.keep({ ...rest, outcome: undefined, draft: { ...draft, ...fields }, errors: left });
  }

  /** Begin with a preset. What was written of its type comes back; what is written now is put aside. */
  begin(type: string, payload: string): void {
    const { draft, aside, ...rest } = this.sheet;
    const kept = { ...aside, [draft.type]: draft.payload };
    const next = { ...draft, type, payload: kept[type] ?? payload };
    this.keep({ ...rest, errors: {}, outcome: undefined, draft: next, aside: kept });
  }

  /** The draft as a post; undefined, and errors at the fields, if it is none. */
  check(): Post | undefined {
    const checked = checkDraft(this.sheet.draft, this.streams.trans);
    if ('errors' in checked) {
      this.keep({ ...this.sheet, errors: checked.errors, outcome: undefined });
      return undefined;
    }
    return checked.post;
  }

  /** Post the draft. Never rejects; the outcome is in the sheet. */
  async post(): Promise<void> {
    const post = this.check();
    const { chosen } = this.streams;
    if (post === undefined || chosen === undefined || this.sheet.outcome?.kind === 'posting') {
      return;
    }
    const text = JSON.stringify(post);
    const { sent } = this.sheet;
    const key = sent?.text === text ? sent.key : UUID.uuid4();
    this.keep({ ...this.sheet, errors: {}, outcome: { kind: 'posting' }, sent: { text, key } });
    const outcome = await this.send(chosen, { idempotencyKey: key, ...post });
    const sheet = this.sheets.get(chosen) ?? NEW_SHEET;
    const stored = outcome.kind === 'stored';
    const draft = stored ? { ...sheet.draft, idempotencyKey: '', expectedOffset: '' } : sheet.draft;
    this.keep({ ...sheet, draft, outcome, sent: stored ? undefined : sheet.sent }, chosen);
  }

  /** Send a post that is no draft, e.g. of a button. Never rejects. */
  async send(stream: StreamPath, post: Post): Promise<PostOutcome> {
    try {
      const event = await this.streams.colophon.api.post(stream, post);
      this.streams.list.refresh();
      return { kind: 'stored', event };
    } catch (reason) {
      return reason instanceof RefusedError
        ? { kind: 'refused', code: reason.code, detail: reason.detail }
        : { kind: 'unknown', detail: reasonOf(reason) };
    }
  }

  get isDisposed(): boolean {
    return this.watch.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.streams.chosenChanged.disconnect(this.onChosen, this);
      this.streams.happened.disconnect(this.onHappened, this);
      this.streams.colophon.status.changed.disconnect(this.onHappened, this);
      this.watch.dispose();
      Signal.clearData(this);
    }
  }

  private keep(sheet: Sheet, stream = this.streams.chosen): void {
    if (stream !== undefined) {
      this.sheets.set(stream, sheet);
      this.changed.emit();
    }
  }

  private onChosen(): void {
    this.watch.watch(this.streams.chosen);
  }

  private onHappened(): void {
    this.watch.renew();
  }

  private shownTab: DeskTab = 'compose';
  private readonly sheets = new Map<StreamPath, Sheet>();
  private readonly watch: StreamStateWatch;
}
