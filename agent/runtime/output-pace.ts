/**
 * The pace at which a run's outputs go into the room. Guarantees: they are written in order, the
 * first at once and a flood in pauses; the tap forgets a message only when the room has it; a cell
 * that never falls silent is saved all the same.
 */
import type { Clock } from '../ports/inputs.js';
import type { IopubMessage, NotebookRoom, TapPosition } from '../ports/runtime.js';

/** Milliseconds. */
const PAUSE_BETWEEN_WRITES = 50;
const CONFIRM_EVERY = 1000;
const SAVE_EVERY = 10_000;

export interface PacedRoom {
  readonly clock: Clock;
  readonly room: Pick<NotebookRoom, 'confirmed' | 'save'>;
  /** Writes the messages; returns the position in the tap that the document then has. */
  readonly write: (messages: readonly IopubMessage[]) => TapPosition;
  readonly acknowledge: (position: TapPosition) => void;
}

export class OutputPace {
  readonly #paced: PacedRoom;
  #waiting: IopubMessage[] = [];
  /** Written, and not yet on its way to be acknowledged. */
  #written: TapPosition | undefined;
  #lastWrite = 0;
  #lastSave: number;
  #cancelWrite: (() => void) | undefined;
  #cancelTick: () => void;

  /** Works until `stop`. */
  constructor(paced: PacedRoom) {
    this.#paced = paced;
    this.#lastSave = paced.clock.now();
    this.#cancelTick = paced.clock.after(CONFIRM_EVERY, () => this.#tick());
  }

  /** Takes an output: it is written now, or with others when the pause is over. */
  add(message: IopubMessage): void {
    this.#waiting.push(message);
    if (this.#cancelWrite !== undefined) {
      return;
    }
    const { clock } = this.#paced;
    const wait = this.#lastWrite + PAUSE_BETWEEN_WRITES - clock.now();
    if (wait <= 0) {
      this.flush();
    } else {
      this.#cancelWrite = clock.after(wait, () => this.flush());
    }
  }

  /** Writes what waits, now. */
  flush(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    const messages = this.#waiting;
    this.#waiting = [];
    if (messages.length > 0) {
      this.#written = this.#paced.write(messages);
      this.#lastWrite = this.#paced.clock.now();
    }
  }

  /** Writes what waits and ends; what was written last is left to the caller to acknowledge. */
  stop(): void {
    this.flush();
    this.#cancelTick();
  }

  /** Once a second: what the room has confirmed, the tap may forget; and the disk gets its share. */
  #tick(): void {
    const { clock, room, acknowledge } = this.#paced;
    this.#cancelTick = clock.after(CONFIRM_EVERY, () => this.#tick());
    const now = clock.now();
    const chatty = now - this.#lastWrite < CONFIRM_EVERY;
    if (chatty && now - this.#lastSave >= SAVE_EVERY) {
      // The server saves after a second of silence, which a chatty cell never gives it.
      room.save();
      this.#lastSave = now;
    }
    const written = this.#written;
    if (written !== undefined) {
      this.#written = undefined;
      void room.confirmed().then(() => acknowledge(written));
    }
  }
}
