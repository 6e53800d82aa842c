/**
 * A room's document, read as a notebook. After each update only what it touched is read again, so
 * that a keystroke costs the same in a large notebook as in a small one. What was read is never
 * changed: a reader may keep the state before an update and compare.
 */
import * as Y from 'yjs';
import type { CellId, DocumentClock } from '../../schema/index.js';
import { isRecord } from '../core/json.js';
import {
  distinctCellIds,
  readCell,
  readMetadata,
  readSource,
  wholeNumber
} from '../core/notebook/from-notebook.js';
import { writtenFor } from '../core/notebook/written-for.js';
import type { LinkCheck } from '../core/notebook/output.js';
import type { CellState, NotebookState } from '../core/notebook/state.js';
import { applyTouching, rootsOf, touchedContent } from './document.js';
import type { Roots, Touched, TouchedCell } from './document.js';
import { createOutputReader } from './output-snapshot.js';
import type { OutputReader, OutputSnapshot } from './output-snapshot.js';

/** A cell at one moment; its outputs are not summed up yet. */
export interface LiveCell {
  readonly cellId: CellId;
  readonly body: Omit<CellState, 'outputs'>;
  readonly outputs: readonly OutputSnapshot[];
  /** The shared map that it was read from. */
  readonly shared: object;
}

/** The notebook at one moment. */
export interface LiveState {
  readonly head: Pick<NotebookState, 'metadata' | 'nbformat' | 'nbformatMinor'>;
  readonly cells: readonly LiveCell[];
}

/** The cell as the facts tell it. */
export function cellStateOf(cell: LiveCell): CellState {
  return { ...cell.body, outputs: cell.outputs.map(output => output.summary()) };
}

const NOTHING: ReadonlySet<unknown> = new Set();

/** The document of one epoch of a room, and its newest state. */
export class LiveNotebook {
  readonly document = new Y.Doc();
  readonly #roots: Roots = rootsOf(this.document);
  readonly #outputs: OutputReader;
  #state: LiveState = { head: this.#readHead(), cells: [] };

  /** `isOurs`: which links of outputs count. */
  constructor(isOurs?: LinkCheck) {
    this.#outputs = createOutputReader(isOurs);
  }

  /** What `refresh` read last. */
  get state(): LiveState {
    return this.#state;
  }

  /** Applies an update; `state` stays as it is until `refresh`. */
  apply(update: Uint8Array): Touched {
    return applyTouching(this.document, this.#roots, update);
  }

  /** Whether the document has what this client had changed at that clock. */
  has({ client, clock }: DocumentClock): boolean {
    return Y.getState(this.document.store, client) >= clock;
  }

  /** A value of the document's bookkeeping. */
  bookkeeping(key: string): unknown {
    return this.#roots.state.get(key);
  }

  /** The run for which the update was written that touched this, right after it; undefined if it says none. */
  writtenFor({ state }: Touched): string | undefined {
    return writtenFor(state, key => this.#roots.state.get(key));
  }

  /** Whether the document says of this cell that it runs. */
  seemsToRun(cellId: CellId): boolean {
    const cell = this.#state.cells.find(each => each.cellId === cellId);
    return memberOf(cell?.shared, 'execution_state') === 'running';
  }

  /** Reads what was touched; without an argument, everything. */
  refresh(touched?: Touched): LiveState {
    if (touched === undefined || touched.order) {
      const cells = this.#readCells(touched);
      const head = this.#readHead();
      this.#state = { head, cells };
    } else if (touchedContent(touched)) {
      const head = touched.head ? this.#readHead() : this.#state.head;
      const { cells } = this.#state;
      const read = cells.map(cell => {
        const aspects = touched.cells.get(cell.shared);
        return aspects === undefined ? cell : this.#reread(cell, aspects, touched.outputs);
      });
      this.#state = { head, cells: touched.cells.size === 0 ? cells : read };
    }
    return this.#state;
  }

  #readHead(): LiveState['head'] {
    const { meta } = this.#roots;
    return {
      metadata: readMetadata(plain(meta.get('metadata'))),
      nbformat: wholeNumber(meta.get('nbformat')) ?? 4,
      nbformatMinor: wholeNumber(meta.get('nbformat_minor')) ?? 5
    };
  }

  #readCells(touched: Touched | undefined): LiveCell[] {
    const shared = this.#roots.cells.toArray().filter(isObject);
    const ids = distinctCellIds(shared.map(cell => memberOf(cell, 'id')));
    const known = new Map(this.#state.cells.map(cell => [cell.shared, cell]));
    return shared.map((cell, index) => {
      const cellId = ids[index] ?? ('' as CellId);
      const old = touched === undefined ? undefined : known.get(cell);
      if (old === undefined || old.cellId !== cellId) {
        return this.#read(cell, cellId);
      }
      const aspects = touched?.cells.get(cell);
      return aspects === undefined ? old : this.#reread(old, aspects, touched?.outputs ?? NOTHING);
    });
  }

  #read(shared: object, cellId: CellId): LiveCell {
    return {
      cellId,
      body: readBody(shared, cellId, sourceOf(shared)),
      outputs: this.#readOutputs(shared, NOTHING),
      shared
    };
  }

  #reread(cell: LiveCell, aspects: TouchedCell, outputs: ReadonlySet<unknown>): LiveCell {
    const { shared, cellId } = cell;
    const source = aspects.source ? sourceOf(shared) : cell.body.source;
    return {
      ...cell,
      body: aspects.rest ? readBody(shared, cellId, source) : { ...cell.body, source },
      outputs: aspects.outputs || aspects.rest ? this.#readOutputs(shared, outputs) : cell.outputs
    };
  }

  #readOutputs(shared: unknown, touched: ReadonlySet<unknown>): OutputSnapshot[] {
    const isCode = memberOf(shared, 'cell_type') === 'code';
    return isCode ? this.#outputs.read(memberOf(shared, 'outputs'), touched) : [];
  }
}

function readBody(shared: unknown, cellId: CellId, source: string): Omit<CellState, 'outputs'> {
  const members = {
    cell_type: memberOf(shared, 'cell_type'),
    metadata: plain(memberOf(shared, 'metadata')),
    attachments: plain(memberOf(shared, 'attachments')),
    execution_count: memberOf(shared, 'execution_count')
  };
  return readCell(members, cellId, source);
}

function sourceOf(shared: unknown): string {
  const source = memberOf(shared, 'source');
  return source instanceof Y.Text ? source.toJSON() : readSource(source);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function memberOf(shared: unknown, key: string): unknown {
  if (shared instanceof Y.Map) {
    return shared.get(key);
  }
  return isRecord(shared) ? shared[key] : undefined;
}

function plain(value: unknown): unknown {
  return value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value;
}
