/**
 * What the browser knows of the host: asks the server extension now and then, quickly while something
 * is about to change, and at once when told to. Keeps asking while the page is hidden, seldom.
 */
import { Poll } from '@lumino/polling';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { reasonOf } from '../../agent/core/explain.js';
import type { Api } from '../client/api.js';
import { askAgainAfter, hostRuns, type KnownStatus } from '../client/status.js';

export class HostStatus implements IDisposable {
  constructor(private readonly api: Pick<Api, 'status'>) {
    this.poll = new Poll({
      name: 'jupyterlab-colophon:status',
      factory: () => this.ask(),
      frequency: frequencyOf(this.known),
      standby: 'when-hidden'
    });
  }

  /** What is known at the moment. */
  get current(): KnownStatus {
    return this.known;
  }

  /** Does the host take commands, as far as is known? */
  get runs(): boolean {
    return hostRuns(this.known);
  }

  get changed(): ISignal<this, void> {
    return this.hasChanged;
  }

  /** Ask now. Settles with the answer; never rejects. */
  async refresh(): Promise<KnownStatus> {
    await this.poll.refresh();
    await this.poll.tick;
    return this.known;
  }

  /** The first answer, or what is known by now. Never rejects. */
  async ready(): Promise<KnownStatus> {
    return this.known.kind === 'unknown' ? this.refresh() : this.known;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.poll.dispose();
      Signal.clearData(this);
    }
  }

  private async ask(): Promise<void> {
    const before = JSON.stringify(this.known);
    try {
      this.known = { kind: 'known', status: await this.api.status() };
    } catch (reason) {
      this.known = { kind: 'unreachable', reason: reasonOf(reason) };
    }
    if (this.isDisposed) {
      return;
    }
    this.poll.frequency = frequencyOf(this.known);
    if (JSON.stringify(this.known) !== before) {
      this.hasChanged.emit();
    }
  }

  private known: KnownStatus = { kind: 'unknown' };
  private readonly poll: Poll<void>;
  private readonly hasChanged = new Signal<this, void>(this);
}

function frequencyOf(known: KnownStatus): { interval: number; backoff: false; max: number } {
  const interval = askAgainAfter(known);
  return { interval, backoff: false, max: interval };
}
