/**
 * Keeps the state of widgets in the notebook, page or no page: follows the models in the tap and writes
 * what the outputs show, after a run and, with growing pauses, after later changes.
 * Guarantees: nothing is written that is there already; while a run goes on, nothing is written; what
 * was shown before this agent came is asked of the kernel.
 */
import type { Json } from '../../schema/index.js';
import { sameJson } from '../core/json.js';
import { WidgetModels } from '../core/outputs/widget-models.js';
import { savedWidgets } from '../core/outputs/widget-state.js';
import type { Clock } from '../ports/inputs.js';
import type { KernelControl, TapItem, WidgetRoom } from '../ports/runtime.js';

/** From a change to its writing, so that several runs or a dragged slider are one. Milliseconds. */
const PAUSE = 500;

/** The pause at most, if changes do not end. Milliseconds. */
const LONGEST_PAUSE = 60_000;

/** Changes that follow a writing within so many pauses go on from it. */
const GOES_ON = 10;

export interface WidgetStateWorld {
  readonly clock: Clock;
  readonly control: () => KernelControl | undefined;
  /** Whether a run goes on: its end comes. */
  readonly running: () => boolean;
}

export class WidgetState {
  readonly #world: WidgetStateWorld;
  readonly #models = new WidgetModels();
  #room: WidgetRoom | undefined;
  /** There may be something to write. */
  #stale = false;
  #pause = PAUSE;
  #writtenAt = -Infinity;
  #cancel: (() => void) | undefined;
  /** The kernel that was asked last, and for what. */
  #asked = '';

  constructor(world: WidgetStateWorld) {
    this.#world = world;
  }

  enter(room: WidgetRoom): void {
    this.#room = room;
    this.#look();
  }

  take(item: TapItem): void {
    if ('message' in item && this.#models.take(item.message)) {
      this.#stale = true;
      this.#later();
    }
  }

  /** A run has ended: its outputs may show other widgets. */
  runEnded(): void {
    this.#stale = true;
    this.#writtenAt = -Infinity;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#later();
  }

  /** Writes what waits. */
  close(): void {
    this.#cancel?.();
    this.#look();
    this.#room = undefined;
  }

  #later(pause = this.#nextPause()): void {
    this.#cancel ??= this.#world.clock.after(pause, () => {
      this.#cancel = undefined;
      if (!this.#world.running()) {
        this.#look();
      }
    });
  }

  #nextPause(): number {
    const since = this.#world.clock.now() - this.#writtenAt;
    return since < GOES_ON * this.#pause ? Math.min(2 * this.#pause, LONGEST_PAUSE) : PAUSE;
  }

  /** Writes if there is something to write; asks for what is shown and not known. */
  #look(): void {
    const room = this.#room;
    if (room === undefined) {
      return;
    }
    const shown = room.shown();
    const before = room.saved();
    const { value, unknown } = savedWidgets(this.#models, shown, before);
    if (unknown) {
      this.#ask([...shown].join());
    }
    if (!this.#stale) {
      return;
    }
    if (!room.wanted()) {
      this.#later(LONGEST_PAUSE);
      return;
    }
    this.#stale = false;
    if (!sameJson(value, before as Json | undefined)) {
      this.#pause = this.#nextPause();
      this.#writtenAt = this.#world.clock.now();
      room.save(value);
    }
  }

  /** The answer comes in the tap. A kernel that does not know what is shown is not asked for it again. */
  #ask(shown: string): void {
    const control = this.#world.control();
    const question = `${control?.kernelId}: ${shown}`;
    if (control !== undefined && question !== this.#asked) {
      this.#asked = question;
      control.askWidgets();
    }
  }
}
