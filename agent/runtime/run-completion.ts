/**
 * When a run is over: IOPub has said idle, behind the last output, and the reply is there. One of the
 * two may be lost, so that the other is waited for with patience, not for ever.
 */
import type { Clock } from '../ports/inputs.js';
import type { ExecuteReply } from '../ports/runtime.js';

/** Milliseconds. */
const REPLY_PATIENCE = 1000;
const IDLE_PATIENCE = 10_000;

/** `reply` undefined: none came. `idle` false: the kernel never reported the end of its output. */
type Complete = (reply: ExecuteReply | undefined, idle: boolean) => void;

export class RunCompletion {
  /** Whether the request went out on a connection that can still bring the reply. */
  replyExpected = true;
  /** Whether the tap is held, and silent for that. */
  held = false;
  readonly #clock: Clock;
  readonly #complete: Complete;
  #idle = false;
  #reply: ExecuteReply | undefined;
  /** Number of items that the tap has given. */
  #heard = 0;
  #cancelPatience: () => void = () => undefined;

  /** `complete` is called once at most, and not after `stop`. */
  constructor(clock: Clock, complete: Complete) {
    this.#clock = clock;
    this.#complete = complete;
  }

  /** The tap has given an item: it is not silent. */
  heard(): void {
    this.#heard += 1;
  }

  /** The kernel has reported the end of the run's output. */
  idle(): void {
    this.#idle = true;
    if (this.#reply !== undefined || !this.replyExpected) {
      this.#end();
      return;
    }
    this.#cancelPatience = this.#clock.after(REPLY_PATIENCE, () => this.#end());
  }

  /** The kernel has replied. */
  replied(reply: ExecuteReply): void {
    this.#reply = reply;
    if (this.#idle) {
      this.#end();
    } else {
      this.#awaitIdle(this.#heard);
    }
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#cancelPatience();
  }

  /** Idle must follow the last output; a tap that stays silent has lost it. */
  #awaitIdle(heardBefore: number): void {
    this.#cancelPatience();
    this.#cancelPatience = this.#clock.after(IDLE_PATIENCE, () => {
      if (this.#heard === heardBefore && !this.held) {
        this.#end();
      } else {
        this.#awaitIdle(this.#heard);
      }
    });
  }

  #end(): void {
    this.#cancelPatience();
    this.#complete(this.#reply, this.#idle);
  }
}
