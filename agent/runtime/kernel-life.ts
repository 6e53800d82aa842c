/**
 * Which process of the kernel has a run: after a restart another one answers, and what was asked of
 * the old one will never end. Pure but for its memory.
 */
import type { IopubMessage, KernelChange } from '../ports/runtime.js';

export class KernelLife {
  /** The process that was heard last when the request was sent; undefined if none was. */
  readonly #first: string | undefined;
  #heard: string | undefined;
  #session: string | undefined;
  /** What ended the process that the kernel had when the run began. */
  #ended: 'restarted' | 'died' | undefined;
  /** The kernel died, and nothing was heard of another process yet. */
  #dead = false;

  /** `first`: the session of the process that was heard last; undefined if none was. */
  constructor(first?: string) {
    this.#first = first;
  }

  /**
   * Whether the process that the kernel had when the run began is gone. A restart that is told late, of
   * the process that was heard before, is none.
   */
  get restarted(): boolean {
    const isLate = this.#first !== undefined && this.#first === this.#heard;
    return this.#ended !== undefined && !isLate;
  }

  /** Why a run ended that no process has any more; for a person. */
  get lost(): string {
    return changeReason(this.#ended ?? 'restarted');
  }

  /**
   * The tap told of a change: why the run ended with it, for a person; undefined if it may go on. A
   * request that the kernel had not `taken` may be with its next process: what that one says tells.
   */
  endedBy(change: KernelChange, taken: boolean): string | undefined {
    // A death after a death is that of the process which was to take its place: another one follows.
    const failed = this.#dead && change === 'shut-down';
    this.#dead = change === 'died';
    if (failed) {
      return 'The kernel died and was not started again. The next run starts a new one.';
    }
    if (change === 'restarted' || (change === 'died' && !taken)) {
      this.#ended ??= change;
      return undefined;
    }
    return change === 'shut-down' && !taken
      ? 'The kernel was shut down before it began with the cell.'
      : changeReason(change);
  }

  /** A message of the run itself: its process has the run. */
  ran({ header }: IopubMessage): void {
    this.#session = header.session;
  }

  /**
   * Whether this message, of any origin, shows that the process that had the run is gone. `taken`: the
   * run had begun; a request that had not may be with the next process.
   */
  isOverBy({ header, content }: IopubMessage, taken: boolean): boolean {
    this.#heard = header.session;
    if (header.msg_type === 'shutdown_reply') {
      return content.restart === true && taken;
    }
    return this.restarted && this.#session !== undefined && header.session !== this.#session;
  }
}

/** Why a run ended with this change of its kernel; for a person. */
export function changeReason(change: KernelChange): string {
  switch (change) {
    case 'restarted':
      return 'The kernel was restarted while the cell ran.';
    case 'died':
      return 'The kernel died while the cell ran.';
    case 'shut-down':
      return 'The kernel was shut down while the cell ran.';
  }
}
