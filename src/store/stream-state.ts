/**
 * What is true of one stream now, as the host reduces it; asked for again as the stream goes on.
 * Guarantees that the last answer is younger than the last call of `renew`, if the host answers.
 */
import type { IDisposable } from '@lumino/disposable';
import type { StreamPath } from '../../schema/index.js';
import type { Api } from '../client/api.js';
import { RefusedError } from '../client/problem.js';
import { Retry } from '../client/retry.js';
import type { StreamState } from '../client/stream-state.js';

/** Rest between two requests, in ms, so that a busy stream does not keep the host busy with it. */
const REST = 500;

/** `refused`: the host does not tell it; `detail` is for a person. When nobody answers, the last one stands. */
export type KnownState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'known'; readonly state: StreamState };

const LOADING: KnownState = { kind: 'loading' };

export class StreamStateWatch implements IDisposable {
  constructor(
    private readonly api: Pick<Api, 'state'>,
    private readonly onChange: () => void
  ) {}

  get current(): KnownState {
    return this.known;
  }

  /** Look at another stream; nothing is known of it at first. */
  watch(stream: StreamPath | undefined): void {
    this.stream = stream;
    this.known = LOADING;
    this.onChange();
    this.renew();
    this.rest.wake();
  }

  /** Something may have changed: ask again, soon. */
  renew(): void {
    this.wanted = true;
    if (!this.asking) {
      void this.ask();
    }
  }

  get isDisposed(): boolean {
    return this.rest.isDisposed;
  }

  dispose(): void {
    this.rest.dispose();
  }

  private async ask(): Promise<void> {
    this.asking = true;
    while (this.wanted && !this.isDisposed) {
      this.wanted = false;
      const { stream } = this;
      if (stream !== undefined) {
        const known = await this.askOnce(stream);
        if (stream === this.stream && !this.isDisposed) {
          this.known = known;
          this.onChange();
          await this.rest.pause(REST);
        }
      }
    }
    this.asking = false;
  }

  private async askOnce(stream: StreamPath): Promise<KnownState> {
    try {
      return { kind: 'known', state: await this.api.state(stream) };
    } catch (reason) {
      if (!(reason instanceof RefusedError)) {
        return this.known;
      }
      if (reason.status >= 500 && this.known.kind === 'known') {
        return this.known; // The server answers for the host, which is away.
      }
      return reason.code === 'unknown-stream'
        ? { kind: 'nothing' }
        : { kind: 'refused', detail: reason.detail };
    }
  }

  private asking = false;
  private wanted = false;
  private stream: StreamPath | undefined;
  private known: KnownState = LOADING;
  private readonly rest = new Retry();
}
