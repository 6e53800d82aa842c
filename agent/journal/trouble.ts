/**
 * A disk that does not take what is written, as long as that lasts: when to try again, and what to
 * tell whoever waits. What passes within half a second is told to nobody.
 */
import type { Rejection } from '../../schema/index.js';
import { JournalUnreachable } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { DiskFault } from './storage.js';

const PATIENCE_MS = 500;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 1000;

export class Trouble {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #since: number;
  #fault: DiskFault;
  #attempts = 0;
  #cancel = (): void => undefined;

  /** Begins now, with this fault. */
  constructor(clock: Pick<Clock, 'now' | 'after'>, fault: DiskFault) {
    this.#clock = clock;
    this.#since = clock.now();
    this.#fault = fault;
  }

  /** What is wrong now. */
  get fault(): DiskFault {
    return this.#fault;
  }

  /** Calls back when it is time for the next attempt; this one failed with `fault`. */
  again(fault: DiskFault, attempt: () => void): void {
    this.#fault = fault;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#cancel = this.#clock.after(pause, attempt);
  }

  /** No more attempts. */
  end(): void {
    this.#cancel();
  }

  /** For those who ask now: nothing of theirs is taken. Null while it may pass unnoticed. */
  refusal(): Rejection | null {
    return this.#lasts() ? this.#rejection('Nothing of this was stored.', false) : null;
  }

  /** For those whose events were taken before it began; null while it may pass unnoticed. */
  delay(): Rejection | null {
    return this.#lasts() ? this.waiting() : null;
  }

  /** For those who ask again for what was taken and is not stored, however new the trouble is. */
  waiting(): Rejection {
    const fate = 'What was sent will be stored once that works, unless Colophon ends before.';
    return this.#rejection(fate, true);
  }

  /** For those who cannot wait: to be thrown. */
  notTaken(): JournalUnreachable {
    const { kind, reason } = this.#fault;
    return new JournalUnreachable({
      code: kind === 'full' ? 'journal-full' : 'journal-unwritable',
      detail: `The disk did not take this (${reason}). Read the stream, then send again what is missing.`
    });
  }

  /** For those who read while nothing can be read. */
  unreadable(): Rejection {
    return this.#rejection('Nothing can be read, either.', false);
  }

  #lasts(): boolean {
    return this.#clock.now() - this.#since >= PATIENCE_MS;
  }

  #rejection(fate: string, mayBeStored: boolean): Rejection {
    const { kind, reason } = this.#fault;
    const since = new Date(this.#since).toISOString();
    const retry = 'then send it again, with the same id or idempotencyKey if it had one.';
    return kind === 'full'
      ? {
          code: 'journal-full',
          detail: `The disk of the journal has been full since ${since}. ${fate} Make space, ${retry}`,
          at: { since, mayBeStored }
        }
      : {
          code: 'journal-unwritable',
          detail: `The journal has not been writable since ${since} (${reason}). ${fate} Check its disk and folder, ${retry}`,
          at: { since, mayBeStored }
        };
  }
}
