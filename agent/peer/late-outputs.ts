/**
 * What comes after the end of a run. Guarantees: it waits until the run has ended; it is written in order,
 * once a second while it goes outside; when that is much, the kernel's messages are held; when nothing
 * comes for long, what is kept outside is completed.
 */
import { sizeOf } from '../core/outputs/output-message.js';
import type { IopubMessage } from '../ports/runtime.js';
import type { Outside, RunOutputs } from './run-outputs.js';

/** Milliseconds between two writes of what comes after the end and goes outside. */
const LATE_PAUSE = 1000;
/** So many such pauses without anything, and what is kept outside is taken for complete. */
const LATE_QUIET = 60;
/** UTF-16 units that wait for that, before the kernel's messages are held. */
const LATE_WAITING = 8 << 20;

/** The run whose outputs these are. */
export interface EndedRun {
  readonly outputs: Pick<RunOutputs, 'take' | 'complete' | 'spilling'>;
  /** It has ended, and the cell's next run has not begun. */
  readonly isLast: () => boolean;
  /** Takes in what others did to the cell, before these are taken. */
  readonly look: (messages: readonly IopubMessage[]) => void;
  /** Shows what was taken, unless the cell has a next run. */
  readonly show: () => void;
}

export class LateOutputs {
  readonly #run: EndedRun;
  readonly #outside: Outside | undefined;
  #messages: IopubMessage[] = [];
  #size = 0;
  #busy = false;

  constructor(run: EndedRun, outside: Outside | undefined) {
    this.#run = run;
    this.#outside = outside;
  }

  add(message: IopubMessage): void {
    this.#messages.push(message);
    this.#size += sizeOf(message);
    if (this.#size > LATE_WAITING) {
      this.#outside?.hold(true);
    }
    if (this.#run.isLast() && !this.#busy) {
      this.#take();
    }
  }

  /** The run has ended. */
  begin(): void {
    if (this.#messages.length > 0) {
      this.#take();
    }
  }

  /** Nothing of it is written any more. */
  drop(): void {
    this.#empty();
  }

  #empty(): readonly IopubMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#size = 0;
    this.#outside?.hold(false);
    return messages;
  }

  #take(): void {
    const messages = this.#empty();
    this.#run.look(messages);
    this.#busy = true;
    this.#run.outputs.take(messages, () => this.#show());
  }

  #show(): void {
    this.#run.show();
    this.#goOn(0);
  }

  /** What has come meanwhile; if nothing comes for long, what is kept outside is complete. */
  #goOn(quiet: number): void {
    this.#busy = false;
    if (this.#outside === undefined || !this.#run.outputs.spilling || !this.#run.isLast()) {
      if (this.#messages.length > 0) {
        this.#take();
      }
      return;
    }
    this.#busy = true;
    void this.#outside.pause(LATE_PAUSE).then(() => {
      if (this.#messages.length > 0) {
        this.#take();
      } else if (quiet < LATE_QUIET) {
        this.#goOn(quiet + 1);
      } else {
        this.#run.outputs.complete(() => this.#show());
      }
    });
  }
}
