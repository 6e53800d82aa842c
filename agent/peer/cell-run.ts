/**
 * One run's writing into its cell. Every write is one transaction that carries the run's mark, so the
 * room always knows how far its outputs go; it says for which run it is, too. The cell is found by id
 * each time; if it was moved, its clone gets the outputs; if it was cut, it gets them once it is back; if
 * somebody cleared it meanwhile, the outputs go on after the clearing. The mark never says more than is
 * stored of what is kept outside the document.
 */
import type * as Y from 'yjs';
import { NO_MEMORY } from '../core/outputs/output-memory.js';
import { displayId } from '../core/outputs/output-message.js';
import type { CellRun, IopubMessage, NextInput, RunMark, TapPosition } from '../ports/runtime.js';
import { LateOutputs } from './late-outputs.js';
import { writeNextInput } from './next-input.js';
import { RunOutputs, type Outside } from './run-outputs.js';
import {
  cellMetadata,
  findCodeCell,
  OWN_RUN_ORIGIN,
  readMark,
  RUNTIME_ORIGIN,
  writeFor,
  writeMark
} from './shared-notebook.js';
import { WrittenRuns } from './written-runs.js';

type Found = NonNullable<ReturnType<typeof findCodeCell>>;

export class SharedCellRun implements CellRun {
  readonly #doc: Y.Doc;
  readonly #cellId: string;
  readonly #outputs: RunOutputs;
  readonly #late: LateOutputs;
  readonly #written = new WrittenRuns();
  #state: 'running' | 'closed' | 'ended' | 'replaced' = 'running';
  #executionId = '';
  /** Of what came after the end: the last that came, and the last that was taken. */
  #heard: TapPosition | undefined;
  #taken: TapPosition | undefined;

  /** Without `outside` everything is kept in the document. */
  constructor(doc: Y.Doc, cellId: string, outside?: Outside) {
    this.#doc = doc;
    this.#cellId = cellId;
    this.#outputs = new RunOutputs(() => this.#executionId, outside);
    const run = {
      outputs: this.#outputs,
      isLast: () => this.#state === 'ended',
      look: (messages: readonly IopubMessage[]) => {
        this.#taken = this.#heard;
        this.#look(messages);
      },
      show: () => this.#showLate()
    };
    this.#late = new LateOutputs(run, outside);
  }

  /** The execution that has ended; undefined while it runs. */
  get ended(): string | undefined {
    return this.#state === 'running' ? undefined : this.#executionId;
  }

  get work(): Promise<void> | undefined {
    return this.#outputs.work;
  }

  get spilling(): boolean {
    return this.#outputs.spilling;
  }

  get streamLength(): number {
    return this.#outputs.streamLength;
  }

  exists(): boolean {
    return findCodeCell(this.#doc, this.#cellId) !== undefined;
  }

  begin(mark: RunMark): boolean {
    return this.#write(mark, ({ cell, outputs }) => {
      this.#executionId = mark.executionId;
      this.#outputs.begin(outputs);
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
    this.#outputs.resume(found.outputs, mark?.memory ?? NO_MEMORY);
    if (found.cell.get('execution_state') !== 'running') {
      this.#doc.transact(() => found.cell.set('execution_state', 'running'), RUNTIME_ORIGIN);
    }
    return true;
  }

  take(messages: readonly IopubMessage[], mark: RunMark, when: 'now' | 'later' = 'now'): boolean {
    const found = this.#look(messages);
    this.#outputs.take(messages, () => {
      if (when === 'now') {
        this.#show(mark);
      }
    });
    return found;
  }

  takeNextInput(input: NextInput): boolean {
    return this.#doc.transact(() => {
      writeFor(this.#doc, this.#executionId);
      return writeNextInput(this.#doc, this.#cellId, input);
    }, RUNTIME_ORIGIN);
  }

  /** Takes what comes after the end, at its place in the tap; the room's mark may be the next run's already. */
  takeLate(message: IopubMessage, at?: TapPosition): void {
    this.#heard = at ?? this.#heard;
    this.#late.add(message);
  }

  /** The cell's next run begins: this one writes nothing any more. */
  replaced(): void {
    this.#state = 'replaced';
    this.#late.drop();
  }

  /** Whether an output of the cell is the display that this message updates. */
  shows({ content }: IopubMessage): boolean {
    const id = displayId(content);
    return id !== undefined && id in this.#outputs.memory().displays;
  }

  close(mark: RunMark): void {
    this.#executionId = mark.executionId;
    this.#state = 'closed';
    this.#outputs.complete(() => undefined);
  }

  end(mark: RunMark): boolean {
    this.#executionId = mark.executionId;
    this.#state = 'ended';
    this.#written.add(mark.executionId);
    const found = this.#write(mark, ({ cell, outputs }) => {
      this.#outputs.writeRest(outputs);
      cell.set('execution_count', mark.progress.executionCount);
      cell.set('execution_state', 'idle');
      if (Object.keys(mark.progress.timing).length > 0) {
        cellMetadata(cell).set('execution', { ...mark.progress.timing });
      }
    });
    this.#late.begin();
    return found;
  }

  #showLate(): void {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found !== undefined && this.#state === 'ended') {
      this.#doc.transact(() => {
        this.#outputs.write(found.outputs);
        writeFor(this.#doc, this.#written.one ?? this.#executionId);
        this.#markLate();
      }, RUNTIME_ORIGIN);
      this.#written.clear();
    }
  }

  /** An agent that goes on with this run, whose end nobody knows yet, does not take it again. */
  #markLate(): void {
    const mark = readMark(this.#doc);
    const at = this.#taken;
    if (mark?.executionId === this.#executionId && at?.tap === mark.tap && at.seq > mark.seq) {
      writeMark(this.#doc, { ...mark, seq: at.seq, memory: this.#outputs.memory() });
    }
  }

  /** Whether the cell is there. What others did to its outputs is taken in, before these messages are. */
  #look(messages: readonly IopubMessage[]): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    if (found !== undefined) {
      this.#outputs.look(found.outputs);
    }
    this.#written.take(messages, this.#executionId, () => this.#outputs.memory().displays);
    return found !== undefined;
  }

  /** Without a cell the outputs are kept: it may have been cut, and come back. */
  #show(mark: RunMark): void {
    this.#write(mark, ({ cell, outputs }) => {
      this.#outputs.write(outputs);
      if (cell.get('execution_state') !== 'running') {
        cell.set('execution_state', 'running');
      }
    });
    this.#outputs.passOver();
  }

  #write(mark: RunMark, change: (found: Found) => void): boolean {
    const found = findCodeCell(this.#doc, this.#cellId);
    const { one } = this.#written;
    const writtenFor = one === mark.executionId ? null : (one ?? null);
    const write = (): void => {
      if (found !== undefined) {
        change(found);
      }
      writeMark(this.#doc, { ...mark, memory: this.#outputs.memory(), writtenFor });
    };
    this.#doc.transact(write, writtenFor === null ? OWN_RUN_ORIGIN : RUNTIME_ORIGIN);
    if (found !== undefined) {
      this.#written.clear();
    }
    return found !== undefined;
  }
}
