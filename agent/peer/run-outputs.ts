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
    // Somebody may have cleared the cell since: its displays are gone, whatever the mark remembers.
    const there = outputs.length > 0 ? memory : { ...memory, displays: {} };
    this.#outputs = this.#fold(outputs, there);
    this.#target = { shared, writer: new OutputWriter(shared) };
  }

  /** Takes messages and stores what has to be outside; then does what follows: at once if nothing has. */
  take(messages: readonly IopubMessage[], then: () => void): void {
    messages.forEach(message => this.#outputs.take(message));
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

  #writerFor(shared: SharedOutputs): OutputWriter {
    if (this.#target?.shared !== shared) {
      // Moved: the clone may lack what its mover had not seen yet, so our own outputs win.
      this.#target = { shared, writer: new OutputWriter(shared) };
    } else if (this.#target.writer.disturbed) {
      // What was taken and is not shown yet is older than a clearing, and worth more than other changes.
      if (!this.#ahead || shared.length === 0) {
        const outputs = readOutputs(shared);
        const { clearNext, uploads } = this.#outputs.memory();
        const memory = { ...memoryBehind(outputs), clearNext };
        this.#outputs = this.#fold(
          outputs,
          uploads === undefined ? memory : { ...memory, uploads }
        );
      }
      this.#target = { shared, writer: new OutputWriter(shared) };
    }
    return this.#target.writer;
  }
}
