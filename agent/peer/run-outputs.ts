/**
 * The outputs of one run on their way into its cell. What is too large for the document is stored outside
 * first: the document never refers to what is not there. What others do to the shared outputs is taken in.
 */
import { CellOutputs } from '../core/outputs/cell-outputs.js';
import type { OutputBudget } from '../core/outputs/output-budget.js';
import { memoryBehind, NO_MEMORY, type OutputMemory } from '../core/outputs/output-memory.js';
import type { Output } from '../core/outputs/output.js';
import type { IopubMessage } from '../ports/runtime.js';
import type { Uploads } from '../ports/uploads.js';
import { keepOutside } from './output-keeper.js';
import { OutputWriter, readOutputs, type SharedOutputs } from './output-writer.js';

/** What is behind a cell that keeps outputs outside the document. */
export interface Outside {
  readonly uploads: Uploads;
  /** What of one cell's outputs may stand in the document; the ids of its uploads begin so. */
  readonly budget: (uploads: string) => OutputBudget;
  /** Settles after so many milliseconds. */
  readonly pause: (time: number) => Promise<unknown>;
  /** Nothing more is to come from the kernel until it is called with false. */
  readonly hold: (held: boolean) => void;
}

type Places = readonly (number | undefined)[];

export class RunOutputs {
  readonly #outside: Outside | undefined;
  readonly #executionId: () => string;
  #outputs = new CellOutputs();
  #target: { shared: SharedOutputs; writer: OutputWriter } | undefined;
  #work: Promise<void> | undefined;
  /** Something was taken that the document does not show. */
  #ahead = false;

  /** Without `outside` everything is kept in the document. */
  constructor(executionId: () => string, outside: Outside | undefined) {
    this.#executionId = executionId;
    this.#outside = outside;
  }

  /** Settles when what was taken is stored, and what follows has been done; undefined if it is. */
  get work(): Promise<void> | undefined {
    return this.#work;
  }

  get spilling(): boolean {
    return this.#outputs.spilling;
  }

  get streamLength(): number {
    return this.#outputs.streamLength;
  }

  memory(): OutputMemory {
    return this.#outputs.memory();
  }

  /** Empties the cell. */
  begin(shared: SharedOutputs): void {
    this.#outputs = this.#fold([], NO_MEMORY);
    if (shared.length > 0) {
      shared.delete(0, shared.length);
    }
    this.#target = { shared, writer: new OutputWriter(shared) };
  }

  /** Goes on from what the cell shows. */
  resume(shared: SharedOutputs, memory: OutputMemory): void {
    const outputs = readOutputs(shared);
    // Somebody may have cleared the cell since: what was there first is gone, whatever the mark remembers.
    const gone = Math.max(0, (memory.shown ?? outputs.length) - outputs.length);
    const displays = moved(memory.displays, at =>
      at >= gone && at - gone < outputs.length ? at - gone : undefined
    );
    this.#outputs = this.#fold(outputs, { ...memory, displays });
    this.#target = { shared, writer: new OutputWriter(shared) };
  }

  /** Takes messages and stores what has to be outside; then does what follows: at once if nothing has. */
  take(messages: readonly IopubMessage[], then: () => void): void {
    const own = this.#executionId();
    messages.forEach(message => this.#outputs.take(message, message.parent_header.msg_id === own));
    this.#ahead = true;
    this.#store(then);
  }

  /** Completes what is kept outside, then does what follows; nothing if all is complete. */
  complete(then: () => void): void {
    if (this.#outputs.spilling) {
      this.#outputs.close();
      this.#ahead = true;
      this.#store(then);
    }
  }

  /** Takes in what others did to these outputs, which are the cell's now. */
  look(shared: SharedOutputs): void {
    this.#writerFor(shared);
  }

  /** Shows all that was taken. */
  write(shared: SharedOutputs): void {
    this.#writerFor(shared).write(this.#outputs.list);
    this.#ahead = false;
  }

  /** The same if there is anything that the document does not show. */
  writeRest(shared: SharedOutputs): void {
    if (this.#ahead) {
      this.write(shared);
    }
  }

  /** What was taken counts as shown: if the cell is away, a later write shows it. */
  passOver(): void {
    this.#ahead = false;
  }

  #store(then: () => void): void {
    const spills = this.#outputs.drain();
    if (spills.length === 0 || this.#outside === undefined) {
      then();
      return;
    }
    this.#work = keepOutside(spills, this.#outputs, this.#outside.uploads).then(() => {
      this.#work = undefined;
      then();
    });
  }

  #fold(list: readonly Output[], memory: OutputMemory): CellOutputs {
    return new CellOutputs(list, memory, this.#outside?.budget(this.#executionId()));
  }

  /** Goes on from what stands there now; displays that still do are known. */
  #takeOver(outputs: readonly Output[], places: Places): void {
    const { clearNext, displays, uploads } = this.#outputs.memory();
    this.#outputs = this.#fold(outputs, {
      ...{ ...memoryBehind(outputs), clearNext, displays: moved(displays, at => places[at]) },
      ...(uploads !== undefined && { uploads })
    });
  }

  /** Goes on without the outputs that somebody removed; what was taken since stays. */
  #leaveOut(places: Places): void {
    const { list } = this.#outputs;
    const kept = list.flatMap((_, at) =>
      at < places.length && places[at] === undefined ? [] : [at]
    );
    const memory = this.#outputs.memory();
    const isOpen = kept.at(-1) === list.length - 1;
    const displays = moved(memory.displays, at => {
      const place = kept.indexOf(at);
      return place < 0 ? undefined : place;
    });
    const { cursor: _cursor, spilled: _spilled, ...rest } = memory;
    const end = isOpen ? memory : rest;
    const outputs = kept.flatMap(at => list[at] ?? []);
    this.#outputs = this.#fold(outputs, { ...memoryBehind(outputs), ...end, displays });
  }

  #writerFor(shared: SharedOutputs): OutputWriter {
    if (this.#target?.shared !== shared) {
      // Moved: the clone may lack what its mover had not seen yet, so our own outputs win.
      this.#target = { shared, writer: new OutputWriter(shared) };
    } else if (this.#target.writer.disturbed) {
      const { places } = this.#target.writer;
      // What was taken and is not shown yet is older than a clearing, and worth more than other changes.
      if (!this.#ahead || shared.length === 0) {
        this.#takeOver(readOutputs(shared), places);
      } else if (places.includes(undefined)) {
        this.#leaveOut(places);
      }
      this.#target = { shared, writer: new OutputWriter(shared) };
    }
    return this.#target.writer;
  }
}

/** The displays with the positions that they have now. */
function moved(
  displays: OutputMemory['displays'],
  place: (at: number) => number | undefined
): OutputMemory['displays'] {
  return Object.fromEntries(
    Object.entries(displays).flatMap(([id, positions]) => {
      const now = positions.flatMap(at => place(at) ?? []);
      return now.length === 0 ? [] : [[id, now]];
    })
  );
}
