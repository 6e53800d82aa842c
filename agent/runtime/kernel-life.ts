/**
 * Which process of the kernel has a run: after a restart another one answers, and what was asked of
 * the old one will never end. Pure but for its memory.
 */
import type { IopubMessage, KernelChange } from '../ports/runtime.js';

export class KernelLife {
  #session: string | undefined;
  #restarted = false;

  /** Whether the kernel was restarted since the run began. */
  get restarted(): boolean {
    return this.#restarted;
  }

  /** The tap told of a restart. The request may be with the new process: its next message tells. */
  restart(): void {
    this.#restarted = true;
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
    if (header.msg_type === 'shutdown_reply') {
      return content.restart === true && taken;
    }
    return this.#restarted && this.#session !== undefined && header.session !== this.#session;
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
