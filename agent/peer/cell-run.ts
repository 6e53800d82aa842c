/**
 * One run's writing into its cell. Every write is one transaction that carries the run's mark, so the
 * room always knows how far its outputs go. The cell is found by id each time; if it was moved, its
 * clone gets the outputs; if it was cut, it gets them once it is back; if somebody cleared it meanwhile,
 * the outputs go on after the clearing.
 */
import type * as Y from 'yjs';
import { CellOutputs, displayId, memoryBehind, NO_MEMORY } from '../core/outputs/cell-outputs.js';
import type { CellRun, IopubMessage, NextInput, RunMark } from '../ports/runtime.js';
import { writeNextInput } from './next-input.js';
import { OutputWriter, readOutputs, type SharedOutputs } from './output-writer.js';
import {
  cellMetadata,
  findCodeCell,
  readMark,
  RUNTIME_ORIGIN,
  writeMark
} from './shared-notebook.js';

type Found = NonNullable<ReturnType<typeof findCodeCell>>;

export class SharedCellRun implements CellRun {
  readonly #doc: Y.Doc;
  readonly #cellId: string;
  #outputs = new CellOutputs();
  #target: { shared: SharedOutputs; writer: OutputWriter } | undefined;
  #ended: string | undefined;

  constructor(doc: Y.Doc, cellId: string) {
    this.#doc = doc;
    this.#cellId = cellId;
  }

  /** The execution that has ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  exists(): boolean {
    return findCodeCell(this.#doc, this.#cellId) !== undefined;
  }

  begin(mark: RunMark): boolean {
    return this.#write(mark, ({ cell, outputs }) => {
      this.#outputs = new CellOutputs();
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
    this.#outputs = new CellOutputs(
      readOutputs(found.outputs),
      readMark(this.#doc)?.memory ?? NO_MEMORY
    );
    this.#target = { shared: found.outputs, writer: new OutputWriter(found.outputs) };
    if (found.cell.get('execution_state') !== 'running') {
      this.#doc.transact(() => found.cell.set('execution_state', 'running'), RUNTIME_ORIGIN);
    }
    return true;
  }

  take(messages: readonly IopubMessage[], mark: RunMark): boolean {
    return this.#write(
      mark,
      found => {
        this.#append(found, messages);
        if (found.cell.get('execution_state') !== 'running') {
          found.cell.set('execution_state', 'running');
        }
      },
      () => this.#append(undefined, messages)
    );
  }

  takeNextInput(input: NextInput): boolean {
    return this.#doc.transact(() => writeNextInput(this.#doc, this.#cellId, input), RUNTIME_ORIGIN);
  }

  /** Takes what comes after the end; the room's mark is the next run's already. */
  takeLate(message: IopubMessage): void {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found !== undefined) {
      this.#doc.transact(() => this.#append(found, [message]), RUNTIME_ORIGIN);
    }
  }

  /** Whether an output of the cell is the display that this message updates. */
  shows({ content }: IopubMessage): boolean {
    const id = displayId(content);
    return id !== undefined && id in this.#outputs.memory().displays;
  }

  end(mark: RunMark): boolean {
    this.#ended = mark.executionId;
    return this.#write(mark, ({ cell }) => {
      cell.set('execution_count', mark.progress.executionCount);
      cell.set('execution_state', 'idle');
      if (Object.keys(mark.progress.timing).length > 0) {
        cellMetadata(cell).set('execution', { ...mark.progress.timing });
      }
    });
  }

  /** Without a cell the outputs are kept: it may have been cut, and come back. */
  #append(found: Found | undefined, messages: readonly IopubMessage[]): void {
    const writer = found === undefined ? undefined : this.#writerFor(found.outputs);
    for (const message of messages) {
      this.#outputs.take(message);
    }
    writer?.write(this.#outputs.list);
  }

  #write(
    mark: RunMark,
    change: (found: Found) => void,
    withoutCell: () => void = () => undefined
  ): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    this.#doc.transact(() => {
      if (found === undefined) {
        withoutCell();
      } else {
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
      const outputs = readOutputs(shared);
      this.#outputs = new CellOutputs(outputs, {
        ...memoryBehind(outputs),
        clearNext: this.#outputs.memory().clearNext
      });
      this.#target = { shared, writer: new OutputWriter(shared) };
    }
    return this.#target.writer;
  }
}
