/**
 * One stream as the browser holds it: the newest page, then everything that comes, and older pages on
 * demand.
 */
import type { IDisposable } from '@lumino/disposable';
import { reasonOf } from '../../agent/core/explain.js';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api } from './api.js';
import { EventWindow } from './event-window.js';
import { FollowedStream } from './followed-stream.js';
import type { TailPace, TailState } from './tail.js';

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
    const { api, stream, pageSize } = options;
    this.followed = new FollowedStream({
      api,
      stream,
      pace: 'live',
      newestPage: async () => {
        await options.beforeLoad();
        return api.read(stream, { limit: pageSize() });
      },
      onPage: ({ events }) => {
        this.window = new EventWindow();
        this.window.append(events);
      },
      onBegun: ({ events }) => options.onLoaded(events),
      onEvents: events => options.onEvents(this.window.append(events)),
      onState: options.onState,
      onReset: options.onReset
    });
  }

  get state(): TailState {
    return this.followed.state;
  }

  /** When it was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.followed.asOf;
  }

  get events(): readonly Event[] {
    return this.window.events;
  }

  get hasOlder(): boolean {
    return this.window.hasOlder;
  }

  get isLoaded(): boolean {
    return this.followed.isBegun;
  }

  get isLoadingOlder(): boolean {
    return this.loadingOlder;
  }

  set pace(pace: TailPace) {
    this.followed.pace = pace;
  }

  /** Try to connect now; harmless when connected. */
  wake(): void {
    this.followed.wake();
  }

  /** Load the page before the oldest event held. Settles when done, also if it failed. */
  async loadOlder(): Promise<void> {
    const oldest = this.events[0];
    if (oldest === undefined || !this.hasOlder || this.loadingOlder || this.isDisposed) {
      return;
    }
    this.loadingOlder = true;
    this.options.onState();
    const { api, stream, pageSize } = this.options;
    try {
      const page = await api.read(stream, { beforeOffset: oldest.offset, limit: pageSize() });
      if (!this.isDisposed && this.events[0] === oldest) {
        this.window.prepend(page.events);
      }
    } catch (reason) {
      // The list stays as it is, and asks again at the next scroll.
      console.warn(`Colophon could not load older events: ${reasonOf(reason)}`);
    }
    this.loadingOlder = false;
    if (!this.isDisposed) {
      this.options.onState();
    }
  }

  get isDisposed(): boolean {
    return this.followed.isDisposed;
  }

  dispose(): void {
    this.followed.dispose();
  }

  private loadingOlder = false;
  private window = new EventWindow();
  private readonly followed: FollowedStream;
}
