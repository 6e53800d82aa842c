/**
 * One stream, followed from its newest page on: that page is asked for until it comes, then a tail
 * brings what happens. Begins again by itself when the journal turns out to be another.
 */
import type { IDisposable } from '@lumino/disposable';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api, Page } from './api.js';
import { Retry } from './retry.js';
import { stateAfter, Tail, type TailPace, type TailState } from './tail.js';

/** Whom a followed stream asks and tells. */
export interface FollowedStreamOptions {
  readonly api: Pick<Api, 'follow' | 'read'>;
  readonly stream: StreamPath;
  readonly pace: TailPace;
  readonly newestPage: () => Promise<Page>;
  /** The newest page came; nothing is known of the stream but this. */
  readonly onPage: (page: Page) => void;
  /** What comes after that page is followed from now on. */
  readonly onBegun: (page: Page) => void;
  /** New events came, ascending, without gap. */
  readonly onEvents: (events: readonly Event[]) => void;
  /** The state of the connection may be another. */
  readonly onState: () => void;
  /** Everything begins again. */
  readonly onReset: () => void;
}

export class FollowedStream implements IDisposable {
  constructor(private readonly options: FollowedStreamOptions) {
    this.wantedPace = options.pace;
    void this.load();
  }

  get state(): TailState {
    return this.tailState;
  }

  /** When it was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.tailState.kind === 'connected' ? Date.now() : this.lastConnected;
  }

  /** Has the newest page come? */
  get isBegun(): boolean {
    return this.tail !== undefined;
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

  /** Read the stream anew, once it has begun. */
  beginAgain(): void {
    this.tail?.dispose();
    this.tail = undefined;
    this.options.onReset();
    void this.load();
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
        const page = await this.options.newestPage();
        if (this.isDisposed) {
          return;
        }
        this.retry.succeeded();
        this.options.onPage(page);
        this.tail = this.tailAfter(page.events.at(-1));
        this.options.onBegun(page);
        return;
      } catch (reason) {
        this.setState(stateAfter(reason));
        await this.retry.wait();
      }
    }
  }

  private tailAfter(last: Event | undefined): Tail {
    const { api, stream, onEvents } = this.options;
    return new Tail({
      api,
      stream,
      last,
      pace: this.wantedPace,
      onEvents,
      onState: state => this.setState(state),
      onReset: () => this.beginAgain()
    });
  }

  private setState(state: TailState): void {
    if (!this.disposed) {
      this.lastConnected = this.asOf;
      this.tailState = state;
      this.options.onState();
    }
  }

  private disposed = false;
  private lastConnected: number | undefined;
  private tailState: TailState = { kind: 'connecting' };
  private tail: Tail | undefined;
  private wantedPace: TailPace;
  private readonly retry = new Retry();
}
