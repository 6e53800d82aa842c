/**
 * What happened between two states of a notebook, as facts. Compared by cell id, so that a cell that
 * was deleted and inserted again elsewhere has moved. Guarantees: `evolveNotebook` folds the facts
 * over `before` into exactly `after`; equal states give no facts. (A path that is known stays known:
 * from a known path to null there is no fact.)
 */
import type { CellId, Fact, OutputSummary, SourceSplice } from '../../../schema/index.js';
import { recordChange, sameJson } from '../json.js';
import { longestIncrease } from './moves.js';
import { splicesBetween } from './splice.js';
import type { CellState, NotebookState } from './state.js';

/** How a cell's source became another one, where more is known of it than the texts. */
export type SourceSplices = (
  cellId: CellId,
  before: string,
  after: string
) => SourceSplice[] | undefined;

/** Facts of notebook.*, cell.* and output.* only; first the notebook, then places, then contents. */
export function diffNotebook(
  before: NotebookState,
  after: NotebookState,
  splices?: SourceSplices
): Fact[] {
  const facts = diffHead(before, after);
  if (before.cells === after.cells) {
    return facts;
  }
  const old = new Map(before.cells.map((cell, index) => [cell.cellId, { cell, index }]));
  const kept = new Set(after.cells.map(cell => cell.cellId));
  for (const { cellId, cellType, source } of before.cells) {
    if (!kept.has(cellId)) {
      facts.push({ type: 'cell.deleted', v: 1, data: { cellId, cellType, source } });
    }
  }
  facts.push(...diffPlaces(old, after));
  for (const cell of after.cells) {
    const previous = old.get(cell.cellId)?.cell;
    facts.push(
      ...(previous === undefined
        ? diffOutputs(cell.cellId, [], cell.outputs)
        : diffCell(previous, cell, splices))
    );
  }
  return facts;
}

/** Facts about one cell that stayed where it is. Both states bear the same id. */
export function diffCell(before: CellState, after: CellState, splices?: SourceSplices): Fact[] {
  if (before === after) {
    return [];
  }
  const facts: Fact[] = [];
  const { cellId } = after;
  if (before.cellType !== after.cellType) {
    facts.push({
      type: 'cell.type-changed',
      v: 1,
      data: { cellId, from: before.cellType, to: after.cellType }
    });
  }
  facts.push(...diffSource(before, after.source, splices));
  const metadata = recordChange(before.metadata, after.metadata);
  if (metadata !== null) {
    facts.push({ type: 'cell.metadata-changed', v: 1, data: { cellId, ...metadata } });
  }
  if (!sameJson(before.attachments, after.attachments)) {
    facts.push({
      type: 'cell.attachments-changed',
      v: 1,
      data: { cellId, attachments: after.attachments ?? null }
    });
  }
  if (before.executionCount !== after.executionCount) {
    facts.push({
      type: 'cell.count-changed',
      v: 1,
      data: { cellId, executionCount: after.executionCount }
    });
  }
  return [...facts, ...diffOutputs(cellId, before.outputs, after.outputs)];
}

/** The change of one cell's source, if any. */
export function diffSource(before: CellState, source: string, splices?: SourceSplices): Fact[] {
  const { cellId } = before;
  const changes = splices?.(cellId, before.source, source) ?? splicesBetween(before.source, source);
  return changes.map(splice => ({ type: 'cell.source-changed', v: 1, data: { cellId, splice } }));
}

/**
 * Outputs that changed in place, as long as they are of the same kind; then the rest cleared and
 * added.
 */
export function diffOutputs(
  cellId: CellId,
  before: readonly OutputSummary[],
  after: readonly OutputSummary[]
): Fact[] {
  const facts: Fact[] = [];
  if (before === after) {
    return facts;
  }
  let index = 0;
  for (; index < before.length; index++) {
    const old = before[index];
    const output = after[index];
    if (old === undefined || output === undefined || !sameKind(old, output)) {
      break;
    }
    if (old.digest !== output.digest || !sameArtifacts(old, output)) {
      facts.push({ type: 'output.changed', v: 1, data: { cellId, index, output } });
    }
  }
  if (index < before.length) {
    const count = before.length - index;
    facts.push({ type: 'output.cleared', v: 1, data: { cellId, index, count } });
  }
  if (index < after.length) {
    const outputs = after.slice(index);
    facts.push({ type: 'output.added', v: 1, data: { cellId, index, outputs } });
  }
  return facts;
}

/** The same bytes may refer to something only once that is known. */
function sameArtifacts(a: OutputSummary, b: OutputSummary): boolean {
  return (a.artifacts ?? []).join() === (b.artifacts ?? []).join();
}

function diffHead(before: NotebookState, after: NotebookState): Fact[] {
  const facts: Fact[] = [];
  if (after.path !== null && before.path !== after.path) {
    facts.push({
      type: 'notebook.renamed',
      v: 1,
      data: { from: before.path, to: after.path }
    });
  }
  const metadata = recordChange(before.metadata, after.metadata);
  const versions = {
    ...(before.nbformat === after.nbformat ? {} : { nbformat: after.nbformat }),
    ...(before.nbformatMinor === after.nbformatMinor ? {} : { nbformatMinor: after.nbformatMinor })
  };
  if (metadata !== null || Object.keys(versions).length > 0) {
    facts.push({
      type: 'notebook.metadata-changed',
      v: 1,
      data: { set: metadata?.set ?? {}, removed: metadata?.removed ?? [], ...versions }
    });
  }
  return facts;
}

/** Created and moved cells, from top to bottom, so that each finds the one before it in place. */
function diffPlaces(
  old: ReadonlyMap<CellId, { readonly index: number }>,
  after: NotebookState
): Fact[] {
  const facts: Fact[] = [];
  const survivors = after.cells.flatMap(cell => old.get(cell.cellId)?.index ?? []);
  const inOrder = longestIncrease(survivors);
  let survivor = 0;
  let previous: CellId | null = null;
  for (const cell of after.cells) {
    const { cellId, cellType, source, metadata, attachments, executionCount } = cell;
    if (!old.has(cellId)) {
      facts.push({
        type: 'cell.created',
        v: 1,
        data: {
          cellId,
          after: previous,
          cellType,
          source,
          metadata,
          ...(attachments === undefined ? {} : { attachments }),
          executionCount
        }
      });
    } else if (!inOrder.has(survivor++)) {
      facts.push({ type: 'cell.moved', v: 1, data: { cellId, after: previous } });
    }
    previous = cellId;
  }
  return facts;
}

/** Same name, type of output and MIME types: one output that changed, not another one. */
function sameKind(a: OutputSummary, b: OutputSummary): boolean {
  return a.outputType === b.outputType && a.name === b.name;
}
