/**
 * One stream as the Streams browser follows it: the newest events, live, at most so many of them in
 * the page. While the person reads further up, or has paused the view, what comes is counted; older
 * and newer pages are loaded on demand. Begins again by itself when the journal is another one.
 */
import type { IDisposable } from '@lumino/disposable';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api } from '../client/api.js';
import { FollowedStream } from '../client/followed-stream.js';
import type { TailPace, TailState } from '../client/tail.js';
import { StreamPages } from './stream-pages.js';

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
    const { api, stream, pace, onChange } = options;
    this.pages = new StreamPages(api, stream, onChange);
    this.followed = new FollowedStream({
      api,
      stream,
      pace,
      newestPage: () => this.pages.newest(),
      onPage: page => {
        this.pages.begin(page);
        this.seen = page.head;
      },
      onBegun: onChange,
      onEvents: events => this.take(events),
      onState: () => {
        onChange();
        if (this.isLoaded && this.refusal !== undefined) {
          // What may not be read is not shown any more, until it may be read again.
          this.followed.beginAgain();
        }
      },
      onReset: () => {
        this.pages.clear();
        this.following = true;
        this.paused = false;
        onChange();
      }
    });
  }

  get stream(): StreamPath {
    return this.options.stream;
  }

  /** What is held, ascending. */
  get events(): readonly Event[] {
    return this.pages.events;
  }

  /** Events in the whole stream, as far as is known. */
  get count(): number {
    return this.pages.count;
  }

  get connection(): TailState {
    return this.followed.state;
  }

  /** When it was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.followed.asOf;
  }

  get isLoaded(): boolean {
    return this.followed.isBegun;
  }

  /** Why the host does not let it be read, in the host's words; undefined as far as it does. */
  get refusal(): string | undefined {
    const { state } = this.followed;
    return state.kind === 'lost' && state.refused ? state.reason : undefined;
  }

  get isLoadingOlder(): boolean {
    return this.pages.isLoading;
  }

  get hasOlder(): boolean {
    return this.pages.hasOlder;
  }

  get hasNewer(): boolean {
    return this.pages.hasNewer;
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
    this.followed.pace = pace;
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
    this.followed.wake();
  }

  /** Load the page before what is held; the view no longer follows. Never rejects. */
  async loadOlder(): Promise<void> {
    if (this.events.length > 0 && this.hasOlder) {
      this.stay();
      await this.pages.loadOlder();
    }
  }

  /** Load the page after what is held. Never rejects. */
  loadNewer(): Promise<void> {
    return this.pages.loadNewer();
  }

  get isDisposed(): boolean {
    return this.followed.isDisposed;
  }

  dispose(): void {
    this.followed.dispose();
    this.pages.dispose();
  }

  private take(events: readonly Event[]): void {
    if (!this.paused) {
      this.pages.take(events, this.following);
    } else {
      this.pages.know(events);
    }
    this.options.onEvents(events);
    this.options.onChange();
    void this.catchUp();
  }

  /** While the view follows, nothing may be missing at its end. */
  private catchUp(): Promise<void> {
    return this.pages.catchUp(() => this.following);
  }

  private following = true;
  private paused = false;
  private seen = 0;
  private readonly pages: StreamPages;
  private readonly followed: FollowedStream;
}
