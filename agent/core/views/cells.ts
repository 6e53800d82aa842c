/** For readers: who ran each cell last, what waits for it, and who last changed it. A pure fold. */
import type {
  Actor,
  Assurance,
  Event,
  ExecutionId,
  ExecutionOutcome,
  FactOf,
  RunId,
  Timestamp
} from '../../../schema/index.js';

/** A run of the cell that has begun, or that ended. */
export interface CellRun {
  readonly executionId: ExecutionId;
  readonly runId: RunId | null;
  /** Who asked for it. */
  readonly actor: Actor;
  readonly assurance: Assurance;
  readonly outcome: ExecutionOutcome | 'running';
  readonly executionCount: number | null;
  readonly startedAt: Timestamp | null;
  readonly finishedAt: Timestamp | null;
  readonly reason?: string;
  readonly error?: { readonly ename: string; readonly evalue: string };
}

/** A request that has not begun. */
export interface CellRequest {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly actor: Actor;
  readonly assurance: Assurance;
  readonly requestedAt: Timestamp;
}

/** The newest change of source, type or attachments, or the creation. */
export interface CellChange {
  readonly actor: Actor;
  readonly assurance: Assurance;
  readonly at: Timestamp;
  readonly offset: number;
}

/** What is to be said of one cell. */
export interface CellView {
  readonly lastRun?: CellRun;
  readonly lastChange?: CellChange;
  /** In order of request; absent if nothing waits. */
  readonly waiting?: readonly CellRequest[];
}

/** All cells of a notebook, by cell id, as of `offset`. */
export interface CellsView {
  readonly offset: number;
  readonly cells: Readonly<Record<string, CellView>>;
}

/** The view of an empty stream. */
export const NO_CELLS: CellsView = { offset: 0, cells: {} };

/** The view after one more event. `view` stays as it was. */
export function evolveCellsView(view: CellsView, event: Event): CellsView {
  return foldCellsView([event], view);
}

/** The view after many events; takes no longer for a large notebook. */
export function foldCellsView(events: Iterable<Event>, from: CellsView = NO_CELLS): CellsView {
  const cells = new Map(Object.entries(from.cells));
  let { offset } = from;
  for (const event of events) {
    apply(cells, event);
    offset = event.offset;
  }
  return { offset, cells: Object.fromEntries(cells) };
}

function apply(cells: Map<string, CellView>, event: Event): void {
  switch (event.type) {
    case 'cell.created':
    case 'cell.source-changed':
    case 'cell.type-changed':
    case 'cell.attachments-changed': {
      const { actor, assurance, at, offset } = event;
      const { cellId } = event.data;
      cells.set(cellId, { ...cells.get(cellId), lastChange: { actor, assurance, at, offset } });
      break;
    }
    case 'cell.deleted':
      cells.delete(event.data.cellId);
      break;
    case 'execution.requested': {
      const { executionId, runId, cellId } = event.data;
      const { actor, assurance, at: requestedAt } = event;
      const request: CellRequest = { executionId, runId, actor, assurance, requestedAt };
      const cell = cells.get(cellId);
      cells.set(cellId, { ...cell, waiting: [...(cell?.waiting ?? []), request] });
      break;
    }
    case 'execution.started':
      begin(cells, event);
      break;
    case 'execution.finished':
      end(cells, event);
      break;
    default:
      break;
  }
}

type EventOfType<T extends Event['type']> = Extract<Event, FactOf<T & Event['type']>>;

function begin(cells: Map<string, CellView>, event: EventOfType<'execution.started'>): void {
  const { cellId, executionId, executionCount, startedAt } = event.data;
  const { request, rest } = takeRequest(cells.get(cellId), executionId);
  const lastRun: CellRun = {
    executionId,
    ...requesterOf(request, event),
    outcome: 'running',
    executionCount,
    startedAt,
    finishedAt: null
  };
  cells.set(cellId, { ...rest, lastRun });
}

function end(cells: Map<string, CellView>, event: EventOfType<'execution.finished'>): void {
  const { cellId, executionId, outcome, executionCount, startedAt, finishedAt } = event.data;
  const { reason, error } = event.data;
  const { request, rest } = takeRequest(cells.get(cellId), executionId);
  if (outcome === 'cancelled' && startedAt === null) {
    cells.set(cellId, rest);
    return;
  }
  const begun = rest.lastRun?.executionId === executionId ? rest.lastRun : undefined;
  const lastRun: CellRun = {
    executionId,
    ...(begun === undefined ? requesterOf(request, event) : requesterOf(begun, event)),
    outcome,
    executionCount: executionCount ?? begun?.executionCount ?? null,
    startedAt: startedAt ?? begun?.startedAt ?? null,
    finishedAt,
    ...(reason === undefined ? {} : { reason }),
    ...(error === undefined ? {} : { error })
  };
  cells.set(cellId, { ...rest, lastRun });
}

function takeRequest(
  cell: CellView = {},
  executionId: ExecutionId
): { request: CellRequest | undefined; rest: CellView } {
  const { waiting = [], ...rest } = cell;
  const left = waiting.filter(request => request.executionId !== executionId);
  return {
    request: waiting.find(request => request.executionId === executionId),
    rest: left.length === 0 ? rest : { ...rest, waiting: left }
  };
}

function requesterOf(
  known: Pick<CellRun, 'runId' | 'actor' | 'assurance'> | undefined,
  event: Event
): Pick<CellRun, 'runId' | 'actor' | 'assurance'> {
  const { actor, assurance } = event;
  return known === undefined
    ? { runId: null, actor: actor.onBehalfOf ?? actor, assurance }
    : { runId: known.runId, actor: known.actor, assurance: known.assurance };
}
