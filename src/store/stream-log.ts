/**
 * One stream as the Streams browser follows it: the newest events, live, at most so many of them in
 * the page. While the person reads further up, or has paused the view, what comes is counted; older
 * and newer pages are loaded on demand. Begins again by itself when the journal is another one.
 */
import type { IDisposable } from '@lumino/disposable';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api, Page } from '../client/api.js';
import { wordsOf } from '../client/api.js';
import { BoundedWindow } from '../client/bounded-window.js';
import { RefusedError } from '../client/problem.js';
import { Retry } from '../client/retry.js';
import { stateAfter, Tail, type TailPace, type TailState } from '../client/tail.js';

/** Events that the page holds at most. */
const HELD_AT_MOST = 5_000;
/** Events that are read at once. */
const PAGE = 500;

export interface StreamLogOptions {
  readonly api: Pick<Api, 'follow' | 'read'>;
  readonly stream: StreamPath;
  readonly pace: TailPace;
  /** Something to show changed. */
  readonly onChange: () => void;
  /** New events came, whether they are held or not. */
  readonly onEvents: (events: readonly Event[]) => void;
}

export class StreamLog implements IDisposable {
  constructor(private readonly options: StreamLogOptions) {
    this.wantedPace = options.pace;
    void this.load();
  }

  get stream(): StreamPath {
    return this.options.stream;
  }

  /** What is held, ascending. */
  get events(): readonly Event[] {
    return this.window.events;
  }

  /** Events in the whole stream, as far as is known. */
  get count(): number {
    return this.window.head;
  }

  get connection(): TailState {
    return this.tailState;
  }

  /** When it was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.tailState.kind === 'connected' ? Date.now() : this.lastConnected;
  }

  get isLoaded(): boolean {
    return this.tail !== undefined;
  }

  /** Why the host does not let it be read, in the host's words; undefined as far as it does. */
  get refusal(): string | undefined {
    return this.tailState.kind === 'lost' && this.tailState.refused
      ? this.tailState.reason
      : undefined;
  }

  get isLoadingOlder(): boolean {
    return this.loading;
  }

  get hasOlder(): boolean {
    return this.window.hasOlder;
  }

  get hasNewer(): boolean {
    return this.window.hasNewer;
  }

  /** Does the view stay with the newest events? */
  get isFollowing(): boolean {
    return this.following;
  }

  /** Events that came since the view stopped following. */
  get unseen(): number {
    return this.following ? 0 : this.count - this.seen;
  }

  /** Is the view held as it is, whatever comes? */
  get isPaused(): boolean {
    return this.paused;
  }

  set pace(pace: TailPace) {
    this.wantedPace = pace;
    if (this.tail !== undefined) {
      this.tail.pace = pace;
    }
  }

  /** Stop following: the person reads further up. */
  stay(): void {
    if (this.following) {
      this.following = false;
      this.seen = this.count;
      this.options.onChange();
    }
  }

  /** Hold the view as it is. */
  pause(): void {
    this.paused = true;
    this.stay();
    this.options.onChange();
  }

  /** Go to the newest events and stay with them; ends a pause. */
  follow(): void {
    if (!this.following || this.paused) {
      this.paused = false;
      this.following = true;
      void this.catchUp();
      this.options.onChange();
    }
  }

  /** Try to connect now; harmless when connected. */
  wake(): void {
    this.tail?.wake();
    this.retry.wake();
  }

  /** Load the page before what is held; the view no longer follows. Never rejects. */
  async loadOlder(): Promise<void> {
    const [oldest] = this.events;
    if (oldest !== undefined && this.hasOlder) {
      this.stay();
      await this.loadPage({ beforeOffset: oldest.offset, limit: PAGE }, page => {
        if (this.events[0] === oldest) {
          this.window.addOlder(page.events, isFirst(page));
        }
      });
    }
  }

  /** Load the page after what is held. Never rejects. */
  async loadNewer(): Promise<void> {
    const newest = this.events.at(-1);
    if (newest !== undefined && this.hasNewer) {
      await this.loadPage({ afterOffset: newest.offset, limit: PAGE }, page =>
        this.window.addNewer(page.events)
      );
    }
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.tail?.dispose();
    this.retry.dispose();
  }

  private async load(): Promise<void> {
    while (!this.disposed) {
      try {
        const page = await this.newestPage();
        if (this.isDisposed) {
          return;
        }
        this.retry.succeeded();
        this.window = new BoundedWindow(HELD_AT_MOST);
        this.window.replace(page.events, page.head, isFirst(page));
        this.seen = page.head;
        this.tail = this.tailAfter(page.events.at(-1));
        this.options.onChange();
        return;
      } catch (reason) {
        this.setState(stateAfter(reason));
        await this.retry.wait();
      }
    }
  }

  /** A stream in which nothing has happened yet is empty, and can be followed all the same. */
  private async newestPage(): Promise<Page> {
    try {
      return await this.options.api.read(this.stream, { limit: PAGE });
    } catch (reason) {
      if (reason instanceof RefusedError && reason.code === 'unknown-stream') {
        return { events: [], head: 0 };
      }
      throw reason;
    }
  }

  private tailAfter(last: Event | undefined): Tail {
    const { api, stream, onEvents } = this.options;
    return new Tail({
      api,
      stream,
      last,
      pace: this.wantedPace,
      onEvents: events => {
        if (!this.paused) {
          this.window.take(events, this.following);
        } else {
          this.window.know(events);
        }
        onEvents(events);
        this.options.onChange();
        void this.catchUp();
      },
      onState: state => {
        this.setState(state);
        if (this.refusal !== undefined) {
          this.begin(); // What may not be read is not shown any more, until it may be read again.
        }
      },
      onReset: () => this.begin()
    });
  }

  /** Forget what is held, and read the stream anew. */
  private begin(): void {
    this.tail?.dispose();
    this.tail = undefined;
    this.window = new BoundedWindow(HELD_AT_MOST);
    this.following = true;
    this.paused = false;
    this.options.onChange();
    void this.load();
  }

  /** While the view follows, nothing may be missing at its end. */
  private async catchUp(): Promise<void> {
    while (this.following && this.hasNewer && !this.loading && !this.disposed) {
      const newest = this.events.at(-1)?.offset ?? 0;
      const near = this.count - newest <= PAGE;
      const went = await this.loadPage(
        near ? { afterOffset: newest, limit: PAGE } : { limit: PAGE },
        page =>
          near
            ? this.window.addNewer(page.events)
            : this.window.replace(page.events, page.head, isFirst(page))
      );
      if (!went || this.events.at(-1)?.offset === newest) {
        return; // The next event, or the next wish to follow, tries again.
      }
    }
  }

  private async loadPage(
    query: Parameters<Api['read']>[1],
    use: (page: Page) => unknown
  ): Promise<boolean> {
    if (this.loading || this.disposed) {
      return false;
    }
    this.loading = true;
    this.options.onChange();
    const { window } = this;
    let went = false;
    try {
      const page = await this.options.api.read(this.stream, query);
      went = window === this.window;
      if (went) {
        use(page);
      }
    } catch (reason) {
      console.warn(`Colophon could not load events: ${wordsOf(reason)}`);
    }
    this.loading = false;
    if (!this.disposed) {
      this.options.onChange();
    }
    return went;
  }

  private setState(state: TailState): void {
    if (!this.disposed) {
      this.lastConnected = this.asOf;
      this.tailState = state;
      this.options.onChange();
    }
  }

  private disposed = false;
  private loading = false;
  private following = true;
  private paused = false;
  private seen = 0;
  private lastConnected: number | undefined;
  private tailState: TailState = { kind: 'connecting' };
  private tail: Tail | undefined;
  private wantedPace: TailPace;
  private window = new BoundedWindow(HELD_AT_MOST);
  private readonly retry = new Retry();
}

/** A page of the newest, or before an event, that is not full: nothing stands before it. */
function isFirst({ events }: Page): boolean {
  return events.length < PAGE;
}
