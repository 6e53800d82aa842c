/**
 * One stream as the browser holds it: the newest page, then everything that comes, and older pages on
 * demand. It begins again by itself until it has begun, and when the journal turns out to be another.
 */
import type { IDisposable } from '@lumino/disposable';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api } from './api.js';
import { wordsOf } from './api.js';
import { EventWindow } from './event-window.js';
import { Retry } from './retry.js';
import { stateAfter, Tail, type TailPace, type TailState } from './tail.js';

/** Whom a live stream tells. */
export interface LiveStreamOptions {
  readonly api: Pick<Api, 'follow' | 'read'>;
  readonly stream: StreamPath;
  /** Events in a page. */
  readonly pageSize: () => number;
  /** Called before the newest page is asked for, to load what is folded over the whole stream. */
  readonly beforeLoad: () => Promise<void>;
  /** The newest page came. */
  readonly onLoaded: (events: readonly Event[]) => void;
  /** New events came, ascending, without gap. */
  readonly onEvents: (events: readonly Event[]) => void;
  /** The connection's state, or what is being loaded, changed. */
  readonly onState: () => void;
  /** The journal holds another history: everything begins again. */
  readonly onReset: () => void;
}

export class LiveStream implements IDisposable {
  constructor(private readonly options: LiveStreamOptions) {
    void this.load();
  }

  get state(): TailState {
    return this.tailState;
  }

  /** When it was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.tailState.kind === 'connected' ? Date.now() : this.lastConnected;
  }

  get events(): readonly Event[] {
    return this.window.events;
  }

  get hasOlder(): boolean {
    return this.window.hasOlder;
  }

  get isLoaded(): boolean {
    return this.tail !== undefined;
  }

  get isLoadingOlder(): boolean {
    return this.loadingOlder;
  }

  set pace(pace: TailPace) {
    this.wantedPace = pace;
    if (this.tail !== undefined) {
      this.tail.pace = pace;
    }
  }

  /** Try to connect now; harmless when connected. */
  wake(): void {
    this.tail?.wake();
    this.retry.wake();
  }

  /** Load the page before the oldest event held. Settles when done, also if it failed. */
  async loadOlder(): Promise<void> {
    const oldest = this.events[0];
    if (oldest === undefined || !this.hasOlder || this.loadingOlder || this.disposed) {
      return;
    }
    this.loadingOlder = true;
    this.options.onState();
    const { api, stream, pageSize } = this.options;
    try {
      const page = await api.read(stream, { beforeOffset: oldest.offset, limit: pageSize() });
      if (!this.disposed && this.events[0] === oldest) {
        this.window.prepend(page.events);
      }
    } catch (reason) {
      // The list stays as it is, and asks again at the next scroll.
      console.warn(`Colophon could not load older events: ${wordsOf(reason)}`);
    }
    this.loadingOlder = false;
    if (!this.disposed) {
      this.options.onState();
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
    const { api, stream, pageSize } = this.options;
    while (!this.disposed) {
      try {
        await this.options.beforeLoad();
        const page = await api.read(stream, { limit: pageSize() });
        if (this.isDisposed) {
          return;
        }
        this.retry.succeeded();
        this.window = new EventWindow();
        this.window.append(page.events);
        this.tail = this.follow();
        this.options.onLoaded(page.events);
        return;
      } catch (reason) {
        this.setState(stateAfter(reason));
        await this.retry.wait();
      }
    }
  }

  private follow(): Tail {
    return new Tail({
      api: this.options.api,
      stream: this.options.stream,
      last: this.window.newest,
      pace: this.wantedPace,
      onEvents: events => this.options.onEvents(this.window.append(events)),
      onState: state => this.setState(state),
      onReset: () => {
        this.tail = undefined;
        this.options.onReset();
        void this.load();
      }
    });
  }

  private setState(state: TailState): void {
    if (this.disposed) {
      return;
    }
    if (this.tailState.kind === 'connected') {
      this.lastConnected = Date.now();
    }
    this.tailState = state;
    this.options.onState();
  }

  private disposed = false;
  private loadingOlder = false;
  private lastConnected: number | undefined;
  private tailState: TailState = { kind: 'connecting' };
  private tail: Tail | undefined;
  private wantedPace: TailPace = 'live';
  private window = new EventWindow();
  private readonly retry = new Retry();
}
