/**
 * One run's writing into its cell. Every write is one transaction that carries the run's mark, so the
 * room always knows how far its outputs go. The cell is found by id each time; if it was moved, its
 * clone gets the outputs; if it was cut, it gets them once it is back; if somebody cleared it meanwhile,
 * the outputs go on after the clearing. What is too large for the document is stored outside first: the
 * document never refers to what is not there, and its mark never says more than is stored.
 */
import type * as Y from 'yjs';
import {
  CellOutputs,
  memoryBehind,
  NO_MEMORY,
  type Output,
  type OutputMemory
} from '../core/outputs/cell-outputs.js';
import type { OutputBudget } from '../core/outputs/output-budget.js';
import { displayId, sizeOf } from '../core/outputs/output-message.js';
import type { Spill } from '../core/outputs/output-spills.js';
import type { CellRun, IopubMessage, NextInput, RunMark } from '../ports/runtime.js';
import type { Uploads } from '../ports/uploads.js';
import { writeNextInput } from './next-input.js';
import { keepOutside } from './output-keeper.js';
import { OutputWriter, readOutputs, type SharedOutputs } from './output-writer.js';
import {
  cellMetadata,
  findCodeCell,
  readMark,
  RUNTIME_ORIGIN,
  writeMark
} from './shared-notebook.js';

type Found = NonNullable<ReturnType<typeof findCodeCell>>;

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

/** Milliseconds between two writes of what comes after the end and goes outside. */
const LATE_PAUSE = 1000;
/** So many such pauses without anything, and what is kept outside is taken for complete. */
const LATE_QUIET = 60;
/** UTF-16 units that wait for that, before the kernel's messages are held. */
const LATE_WAITING = 8 << 20;

export class SharedCellRun implements CellRun {
  readonly #doc: Y.Doc;
  readonly #cellId: string;
  readonly #outside: Outside | undefined;
  #outputs = new CellOutputs();
  #target: { shared: SharedOutputs; writer: OutputWriter } | undefined;
  #work: Promise<void> | undefined;
  /** Something was taken that the document does not show. */
  #ahead = false;
  #state: 'running' | 'closed' | 'ended' | 'replaced' = 'running';
  #executionId = '';
  #late: { messages: IopubMessage[]; size: number } = { messages: [], size: 0 };
  #lateBusy = false;

  /** Without `outside` everything is kept in the document. */
  constructor(doc: Y.Doc, cellId: string, outside?: Outside) {
    this.#doc = doc;
    this.#cellId = cellId;
    this.#outside = outside;
  }

  /** The execution that has ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#state === 'running' ? undefined : this.#executionId;
  }

  get work(): Promise<void> | undefined {
    return this.#work;
  }

  get spilling(): boolean {
    return this.#outputs.spilling;
  }

  exists(): boolean {
    return findCodeCell(this.#doc, this.#cellId) !== undefined;
  }

  begin(mark: RunMark): boolean {
    return this.#write(mark, ({ cell, outputs }) => {
      this.#executionId = mark.executionId;
      this.#outputs = this.#fold([], NO_MEMORY);
      if (outputs.length > 0) {
        outputs.delete(0, outputs.length);
      }
      this.#target = { shared: outputs, writer: new OutputWriter(outputs) };
      cell.set('execution_count', null);
      cell.set('execution_state', 'running');
      const metadata = cellMetadata(cell);
      if (metadata.get('trusted') !== true) {
        metadata.set('trusted', true);
      }
      if (metadata.has('execution')) {
        metadata.delete('execution');
      }
    });
  }

  resume(): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found === undefined) {
      return false;
    }
    const mark = readMark(this.#doc);
    this.#executionId = mark?.executionId ?? '';
    const outputs = readOutputs(found.outputs);
    const memory = mark?.memory ?? NO_MEMORY;
    // Somebody may have cleared the cell since: its displays are gone, whatever the mark remembers.
    const there = outputs.length > 0 ? memory : { ...memory, displays: {} };
    this.#outputs = this.#fold(outputs, there);
    this.#target = { shared: found.outputs, writer: new OutputWriter(found.outputs) };
    if (found.cell.get('execution_state') !== 'running') {
      this.#doc.transact(() => found.cell.set('execution_state', 'running'), RUNTIME_ORIGIN);
    }
    return true;
  }

  take(messages: readonly IopubMessage[], mark: RunMark, when: 'now' | 'later' = 'now'): boolean {
    const found = this.#find();
    messages.forEach(message => this.#outputs.take(message));
    this.#ahead = true;
    this.#store(this.#outputs.drain(), () => {
      if (when === 'now') {
        this.#show(mark);
      }
    });
    return found;
  }

  takeNextInput(input: NextInput): boolean {
    return this.#doc.transact(() => writeNextInput(this.#doc, this.#cellId, input), RUNTIME_ORIGIN);
  }

  /** Takes what comes after the end; the room's mark is the next run's already. */
  takeLate(message: IopubMessage): void {
    this.#late.messages.push(message);
    this.#late.size += sizeOf(message);
    if (this.#late.size > LATE_WAITING) {
      this.#outside?.hold(true);
    }
    if (this.#state === 'ended' && !this.#lateBusy) {
      this.#takeLateOnes();
    }
  }

  /** The cell's next run begins: this one writes nothing any more. */
  replaced(): void {
    this.#state = 'replaced';
    this.#late = { messages: [], size: 0 };
    this.#outside?.hold(false);
  }

  /** Whether an output of the cell is the display that this message updates. */
  shows({ content }: IopubMessage): boolean {
    const id = displayId(content);
    return id !== undefined && id in this.#outputs.memory().displays;
  }

  close(mark: RunMark): void {
    this.#executionId = mark.executionId;
    this.#state = 'closed';
    this.#complete(() => undefined);
  }

  end(mark: RunMark): boolean {
    this.#executionId = mark.executionId;
    this.#state = 'ended';
    const found = this.#write(mark, ({ cell, outputs }) => {
      if (this.#ahead) {
        this.#writerFor(outputs).write(this.#outputs.list);
        this.#ahead = false;
      }
      cell.set('execution_count', mark.progress.executionCount);
      cell.set('execution_state', 'idle');
      if (Object.keys(mark.progress.timing).length > 0) {
        cellMetadata(cell).set('execution', { ...mark.progress.timing });
      }
    });
    if (this.#late.messages.length > 0) {
      this.#takeLateOnes();
    }
    return found;
  }

  #complete(then: () => void): void {
    if (this.#outputs.spilling) {
      this.#outputs.close();
      this.#ahead = true;
      this.#store(this.#outputs.drain(), then);
    }
  }

  #takeLateOnes(): void {
    const { messages } = this.#late;
    this.#late = { messages: [], size: 0 };
    this.#outside?.hold(false);
    this.#find();
    messages.forEach(message => this.#outputs.take(message));
    this.#ahead = true;
    this.#lateBusy = true;
    this.#store(this.#outputs.drain(), () => {
      this.#showLate();
      this.#nextLateOnes(0);
    });
  }

  /** What has come meanwhile; if nothing comes for long, what is kept outside is complete. */
  #nextLateOnes(quiet: number): void {
    this.#lateBusy = false;
    if (this.#outside === undefined || !this.#outputs.spilling || this.#state !== 'ended') {
      if (this.#late.messages.length > 0) {
        this.#takeLateOnes();
      }
      return;
    }
    this.#lateBusy = true;
    void this.#outside.pause(LATE_PAUSE).then(() => {
      if (this.#late.messages.length > 0) {
        this.#takeLateOnes();
      } else if (quiet < LATE_QUIET) {
        this.#nextLateOnes(quiet + 1);
      } else {
        this.#complete(() => {
          this.#showLate();
          this.#nextLateOnes(0);
        });
      }
    });
  }

  #showLate(): void {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found !== undefined && this.#state === 'ended') {
      this.#doc.transact(
        () => this.#writerFor(found.outputs).write(this.#outputs.list),
        RUNTIME_ORIGIN
      );
      this.#ahead = false;
    }
  }

  /** Stores, then does what follows: at once if there is nothing to store. */
  #store(spills: readonly Spill[], then: () => void): void {
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
    return new CellOutputs(list, memory, this.#outside?.budget(this.#executionId));
  }

  /** Whether the cell is there. What others did to its outputs is taken in. */
  #find(): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found !== undefined) {
      this.#writerFor(found.outputs);
    }
    return found !== undefined;
  }

  /** Without a cell the outputs are kept: it may have been cut, and come back. */
  #show(mark: RunMark): void {
    this.#write(mark, ({ cell, outputs }) => {
      this.#writerFor(outputs).write(this.#outputs.list);
      if (cell.get('execution_state') !== 'running') {
        cell.set('execution_state', 'running');
      }
    });
    this.#ahead = false;
  }

  #write(mark: RunMark, change: (found: Found) => void): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    this.#doc.transact(() => {
      if (found !== undefined) {
        change(found);
      }
      writeMark(this.#doc, { ...mark, memory: this.#outputs.memory() });
    }, RUNTIME_ORIGIN);
    return found !== undefined;
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
