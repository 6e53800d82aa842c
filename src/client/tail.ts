/**
 * Follows one stream for as long as it lives: live by server-sent events, or by asking now and then
 * when too many are followed at once (a browser opens only six connections to a server). Guarantees
 * each event once and in order, through lost connections and restarts of the host; says when it is
 * connected; says so when the journal is no longer the one that it knew.
 */
import type { IDisposable } from '@lumino/disposable';
import { reasonOf } from '../../agent/core/explain.js';
import type { Event, ProblemCode, PublishedEvent, StreamPath } from '../../schema/index.js';
import { eventOfPublished } from '../../schema/post.js';
import type { Api } from './api.js';
import { EventStreamParser } from './event-stream.js';
import { parseJson } from './json.js';
import { RefusedError, UnreachableError } from './problem.js';
import { Retry } from './retry.js';

/**
 * waiting: the stream does not exist yet. lost: nobody answers, or, if `refused`, the host does not let
 * the stream be read; `reason` is for a person.
 */
export type TailState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'lost'; readonly reason: string; readonly refused?: true };

/** live: server-sent events. polled: a request every few seconds. */
export type TailPace = 'live' | 'polled';

/** What a tail needs to know and whom it tells. */
export interface TailOptions {
  readonly api: Pick<Api, 'follow' | 'read'>;
  readonly stream: StreamPath;
  /** The last event already known; undefined for none. */
  readonly last: Event | undefined;
  readonly pace: TailPace;
  /** New events, ascending, without gap after the last known one. Never empty. */
  readonly onEvents: (events: readonly Event[]) => void;
  readonly onState: (state: TailState) => void;
  /** The journal holds another history than the one known; the tail has ended. */
  readonly onReset: () => void;
}

/** The host sends a comment every 15 s; this long without a byte means that the line is dead. */
const SILENCE = 45_000;
const SILENT = new UnreachableError('The connection went silent.');
const POLL_EVERY = 4_000;
const PAGE = 1_000;
/** What the host answers to an offset that its stream does not reach. */
const BEYOND_THE_END = new Set<ProblemCode>(['malformed-request', 'unknown-stream']);

export class Tail implements IDisposable {
  constructor(private readonly options: TailOptions) {
    this.last = options.last;
    this.wantedPace = options.pace;
    void this.run();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Change the pace; takes effect at once. */
  set pace(pace: TailPace) {
    if (pace !== this.wantedPace) {
      this.wantedPace = pace;
      this.hurry();
    }
  }

  /** Try again now instead of waiting for the back-off; harmless when connected. */
  wake(): void {
    this.retry.wake();
  }

  dispose(): void {
    this.disposed = true;
    this.retry.dispose();
    this.hurry();
  }

  private hurry(): void {
    this.connection?.abort();
    this.retry.wake();
  }

  private async run(): Promise<void> {
    this.options.onState({ kind: 'connecting' });
    const connected = () => {
      this.retry.succeeded();
      this.tell({ kind: 'connected' });
    };
    for (let first = true; !this.disposed; first = false) {
      const pace = this.wantedPace;
      this.connection = new AbortController();
      const { signal } = this.connection;
      try {
        if (!first && pace === 'live' && (await this.historyChanged(signal))) {
          this.disposed = true;
          this.options.onReset();
          return;
        }
        await (pace === 'live' ? this.follow(signal, connected) : this.ask(signal, connected));
      } catch (reason) {
        if (this.disposed || this.wantedPace !== pace) {
          continue; // Our own doing.
        }
        this.tell(stateAfter(reason));
        await this.retry.wait();
        continue;
      }
      if (this.wantedPace === pace) {
        await this.retry.pause(POLL_EVERY);
      }
    }
  }

  /** Never returns: throws when the stream ends, for whatever reason. */
  private async follow(signal: AbortSignal, connected: () => void): Promise<void> {
    const body = await this.options.api.follow(this.options.stream, this.last?.offset ?? 0, signal);
    connected();
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventStreamParser();
    try {
      for (;;) {
        const silence = setTimeout(() => this.connection?.abort(SILENT), SILENCE);
        const { done, value } = await reader.read().finally(() => clearTimeout(silence));
        if (done) {
          throw new UnreachableError('The connection ended.');
        }
        const messages = parser.push(decoder.decode(value, { stream: true }));
        this.take(
          messages.map(message => eventOfPublished(parseJson(message.data) as PublishedEvent))
        );
      }
    } finally {
      reader.releaseLock();
      this.connection?.abort();
    }
  }

  private async ask(signal: AbortSignal, connected: () => void): Promise<void> {
    for (;;) {
      const { stream, api } = this.options;
      const afterOffset = this.last?.offset ?? 0;
      const page = await api.read(stream, { afterOffset, limit: PAGE, signal });
      connected();
      this.take(page.events);
      if (page.events.length < PAGE) {
        return;
      }
    }
  }

  /** Is the last known event no longer in the journal, e.g. because it was set aside as corrupt? */
  private async historyChanged(signal: AbortSignal): Promise<boolean> {
    if (this.last === undefined) {
      return false;
    }
    const { api, stream } = this.options;
    const afterOffset = this.last.offset - 1;
    try {
      const page = await api.read(stream, { afterOffset, limit: 1, signal });
      return page.events[0]?.id !== this.last.id;
    } catch (reason) {
      if (reason instanceof RefusedError && BEYOND_THE_END.has(reason.code)) {
        return true;
      }
      throw reason;
    }
  }

  private take(events: readonly Event[]): void {
    const known = this.last?.offset ?? 0;
    const fresh = events.filter(event => event.offset > known);
    if (fresh.length > 0 && !this.disposed) {
      this.last = fresh[fresh.length - 1];
      this.options.onEvents(fresh);
    }
  }

  private tell(state: TailState): void {
    if (!this.disposed) {
      this.options.onState(state);
    }
  }

  private last: Event | undefined;
  private wantedPace: TailPace;
  private connection: AbortController | undefined;
  private readonly retry = new Retry();
  private disposed = false;
}

/** What a failed attempt means for the connection. */
export function stateAfter(reason: unknown): TailState {
  if (
    reason instanceof RefusedError &&
    (reason.code === 'unknown-stream' || reason.code === 'unknown-notebook')
  ) {
    return { kind: 'waiting' };
  }
  const refused = reason instanceof RefusedError && reason.code === 'forbidden';
  return { kind: 'lost', reason: reasonOf(reason), ...(refused && { refused }) };
}
