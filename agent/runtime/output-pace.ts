/**
 * The pace at which a run's outputs go into the room. Guarantees: they are written in order, the
 * first at once and a flood in pauses; the tap forgets a message only when the room has it; a cell
 * that never falls silent is saved all the same. While outputs are being stored outside the document,
 * what comes waits, and when that is much, the tap is held: memory stays bounded.
 */
import { sizeOf } from '../core/outputs/output-message.js';
import type { Clock } from '../ports/inputs.js';
import type { CellRun, IopubMessage, NotebookRoom, TapPosition } from '../ports/runtime.js';

/** Milliseconds. */
const PAUSE_BETWEEN_WRITES = 50;
/** While a page has so much text of a stream, in UTF-16 units, to lay out anew at each write. */
const LONG_STREAM = { from: 65_536, pause: 200 };
const CONFIRM_EVERY = 1000;
const SAVE_EVERY = 10_000;

/** Between two writes of what is kept outside: a share of the time so far, within bounds in ms. */
const SPILLED_PAUSE = { share: 0.05, least: 1000, most: 10_000 };

/** UTF-16 units that wait: with so many they are stored though not yet shown; with so many, no more come. */
const STORED_AT = 2 << 20;
const HELD_AT = 8 << 20;

export interface PacedRoom {
  readonly clock: Clock;
  readonly room: Pick<NotebookRoom, 'confirmed' | 'save'>;
  readonly cell: Pick<CellRun, 'work' | 'spilling' | 'streamLength'>;
  /** Takes the messages; returns the position in the tap that the document then has, once it is written. */
  readonly write: (messages: readonly IopubMessage[], when: 'now' | 'later') => TapPosition;
  readonly acknowledge: (position: TapPosition) => void;
  /** Nothing more is to come from the tap until it is called with false. */
  readonly hold: (held: boolean) => void;
}

export class OutputPace {
  readonly #paced: PacedRoom;
  readonly #began: number;
  #waiting: IopubMessage[] = [];
  #waitingSize = 0;
  #held = false;
  /** Settles when nothing is being stored any more. */
  #storing: Promise<void> | undefined;
  /** Something was taken that is not written. */
  #ahead = false;
  /** Written, and not yet on its way to be acknowledged. */
  #written: TapPosition | undefined;
  #lastWrite = 0;
  #lastSave: number;
  #cancelWrite: (() => void) | undefined;
  #cancelTick: () => void;

  /** Works until `stop`. */
  constructor(paced: PacedRoom) {
    this.#paced = paced;
    this.#began = paced.clock.now();
    this.#lastSave = this.#began;
    this.#cancelTick = paced.clock.after(CONFIRM_EVERY, () => this.#tick());
  }

  /** Takes an output: it is written now, or with others when the pause is over. */
  add(message: IopubMessage): void {
    this.#waiting.push(message);
    this.#waitingSize += sizeOf(message);
    if (this.#storing !== undefined) {
      if (this.#waitingSize > HELD_AT) {
        this.#hold(true);
      }
    } else if (this.#waitingSize > STORED_AT && this.#paced.cell.spilling) {
      this.#write('later');
    } else {
      this.#writeInTime();
    }
  }

  /** Writes what waits, now; or once what is being stored is. */
  flush(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    if (this.#storing === undefined && (this.#waiting.length > 0 || this.#ahead)) {
      this.#write('now');
    }
  }

  /** Writes what waits and ends; what was written last is left to the caller to acknowledge. */
  stop(): Promise<void> | undefined {
    this.#cancelTick();
    this.flush();
    return this.#storing === undefined ? undefined : this.#rest();
  }

  async #rest(): Promise<void> {
    while (this.#storing !== undefined) {
      await this.#storing;
      this.flush();
    }
  }

  #writeInTime(): void {
    if (this.#cancelWrite !== undefined) {
      return;
    }
    const { clock } = this.#paced;
    const wait = this.#lastWrite + this.#pause() - clock.now();
    if (wait <= 0) {
      this.flush();
    } else {
      this.#cancelWrite = clock.after(wait, () => this.flush());
    }
  }

  #write(when: 'now' | 'later'): void {
    const messages = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    const position = this.#paced.write(messages, when);
    const written = (): void => {
      this.#ahead = when === 'later';
      if (when === 'now') {
        this.#written = position;
        this.#lastWrite = this.#paced.clock.now();
      }
    };
    const { work } = this.#paced.cell;
    if (work === undefined) {
      written();
      return;
    }
    this.#storing = work.then(() => {
      this.#storing = undefined;
      written();
      this.#hold(false);
      this.#goOn();
    });
  }

  /** What has come while something was being stored. */
  #goOn(): void {
    if (this.#waitingSize > STORED_AT) {
      this.#write('later');
    } else if (this.#waiting.length > 0 || this.#ahead) {
      this.#writeInTime();
    }
  }

  #hold(held: boolean): void {
    if (this.#held !== held) {
      this.#held = held;
      this.#paced.hold(held);
    }
  }

  #pause(): number {
    const { spilling, streamLength } = this.#paced.cell;
    if (!spilling) {
      return streamLength > LONG_STREAM.from ? LONG_STREAM.pause : PAUSE_BETWEEN_WRITES;
    }
    const { share, least, most } = SPILLED_PAUSE;
    return Math.min(most, Math.max(least, (this.#paced.clock.now() - this.#began) * share));
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
