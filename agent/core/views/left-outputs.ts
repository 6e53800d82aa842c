/** What a run has left in the document, and where the document has it in full. */
import type { Event, FactType, OutputSummary } from '../../../schema/index.js';
import { runsOf } from '../export/runs.js';
import type { ExecutionRecord } from './execution-record.js';

/** Facts about what is left of a run in the document. */
export const LEFT_FACTS = [
  'execution.requested',
  'execution.started',
  'output.added',
  'output.changed',
  'output.cleared',
  'cell.created',
  'cell.deleted'
] as const satisfies readonly FactType[];

/** What is left of a run at its end, or when its cell was deleted before. */
export interface LeftOutputs {
  /** The document at this offset holds them in full. */
  readonly offset: number;
  readonly summaries: readonly OutputSummary[];
}

/**
 * From the LEFT_FACTS between the request and the end of the run. A cell that was moved was deleted
 * and is there again: only one that stayed away counts as deleted.
 */
export function leftOutputs(
  events: readonly Event[],
  { executionId, cellId }: Pick<ExecutionRecord, 'executionId' | 'cellId'>,
  finishedOffset: number
): LeftOutputs {
  const last = events.findLast(
    event =>
      (event.type === 'cell.deleted' || event.type === 'cell.created') &&
      event.data.cellId === cellId
  );
  const offset = last?.type === 'cell.deleted' ? last.offset - 1 : finishedOffset;
  const until = events.filter(event => event.offset <= offset);
  const run = [...runsOf(until)].find(one => one.executionId === executionId);
  return { offset, summaries: run?.outputs ?? [] };
}
