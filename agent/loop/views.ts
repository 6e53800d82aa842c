/** Views of a notebook for readers: disposable folds of durable events, and the document as it was. */
import { NO_CELLS, foldCellsView, type CellsView } from '../core/views/cells.js';
import { runtimeView, type RuntimeView } from '../core/views/runtime.js';
import {
  executionRecord,
  RUN_FACTS,
  type ExecutionRecord,
  type WholeRecord
} from '../core/views/execution-record.js';
import { LEFT_FACTS, leftOutputs } from '../core/views/left-outputs.js';
import { toJsonRecord } from '../core/json.js';
import type { ExecutionId, Json, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import type { DocumentAnswer } from './door.js';
import type { Mirror } from '../ports/mirror.js';
import type { Session } from './session.js';

const PAGE = 1000;

export class Views {
  readonly #journal: Journal;
  readonly #mirror: Mirror;
  readonly #session: (stream: StreamPath) => Session;
  readonly #cells = new Map<StreamPath, CellsView>();

  constructor(journal: Journal, mirror: Mirror, session: (stream: StreamPath) => Session) {
    this.#journal = journal;
    this.#mirror = mirror;
    this.#session = session;
  }

  /** Streams are gone. */
  forget(streams: readonly StreamPath[]): void {
    streams.forEach(stream => this.#cells.delete(stream));
  }

  /** Kept from request to request, and brought up to date by each. */
  cells(stream: StreamPath): CellsView | undefined {
    if (this.#journal.mark(stream) === undefined) {
      return undefined;
    }
    let view = this.#cells.get(stream) ?? NO_CELLS;
    for (;;) {
      const events = this.#journal.read(stream, { after: view.offset, limit: PAGE });
      view = foldCellsView(events, view);
      if (events.length < PAGE) {
        this.#cells.set(stream, view);
        return view;
      }
    }
  }

  runtime(stream: StreamPath): (RuntimeView & { readonly offset: number }) | undefined {
    if (this.#journal.mark(stream) === undefined) {
      return undefined;
    }
    const { offset, runtime } = this.#session(stream).durable;
    return { offset, ...runtimeView(runtime) };
  }

  /**
   * The updates up to the newest that an event until the offset covers, applied. What waits for a pause is
   * told late: the newest event need not cover it.
   */
  document(stream: StreamPath, offset: number): DocumentAnswer {
    for (let before = offset + 1; before > 1;) {
      const page = this.#journal.read(stream, { before, limit: PAGE });
      const through = Math.max(...page.map(event => event.through ?? 0));
      if (through > 0) {
        const updates = this.#journal.updates(stream, { through });
        return updates.length > 0
          ? { notebook: this.#mirror.rebuild(updates) }
          : noDocument(stream, offset, 'It was dropped by a compaction.');
      }
      before = page[0]?.offset ?? 0;
    }
    return noDocument(stream, offset, 'It begins later.');
  }

  /** The record of a run; its outputs are those of the document as it was at its end. */
  execution(stream: StreamPath, executionId: ExecutionId): WholeRecord | undefined {
    const record = executionRecord(this.#journal.read(stream, { types: RUN_FACTS }), executionId);
    return record && { ...record, ...this.#outputs(stream, record) };
  }

  #outputs(
    stream: StreamPath,
    record: ExecutionRecord
  ): Pick<WholeRecord, 'outputs' | 'outputSummaries' | 'outputsMissing'> {
    const { cellId, documentOffset, finishedOffset, startedAt } = record;
    if (finishedOffset === null) {
      return { outputs: null, outputSummaries: [], outputsMissing: 'It has not ended.' };
    }
    if (startedAt === null) {
      return { outputs: [], outputSummaries: [] };
    }
    const between = { after: documentOffset - 1, before: finishedOffset, types: LEFT_FACTS };
    const left = leftOutputs(this.#journal.read(stream, between), record, finishedOffset);
    const outputSummaries = left.summaries;
    const document = this.document(stream, left.offset);
    if ('rejection' in document) {
      const outputsMissing = document.rejection.detail;
      return { outputs: null, outputSummaries, outputsMissing };
    }
    const outputs = outputsIn(document.notebook, cellId);
    return outputs === undefined
      ? { outputs: null, outputSummaries, outputsMissing: 'Its cell was deleted before its end.' }
      : { outputs, outputSummaries };
  }
}

/** Of a cell of a notebook in nbformat; undefined if it has no such code cell. */
function outputsIn(notebook: Json, cellId: string): readonly Json[] | undefined {
  const { cells } = toJsonRecord(notebook);
  const found = Array.isArray(cells) ? cells.map(toJsonRecord).find(({ id }) => id === cellId) : {};
  const outputs = found?.['outputs'];
  return Array.isArray(outputs) ? outputs : undefined;
}

function noDocument(stream: StreamPath, offset: number, why: string): DocumentAnswer {
  const detail = `The journal has no document of ${stream} at offset ${offset}. ${why} Ask for a later one.`;
  return { rejection: { code: 'not-found', detail } };
}
