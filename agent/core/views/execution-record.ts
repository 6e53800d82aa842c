/**
 * The record of one run: what ran, who asked, where, when, and what it gave. Folded from the journal
 * alone, so that it is the same after the cell was run again, and after it was deleted.
 */
import type {
  Actor,
  Assurance,
  CellId,
  Digest,
  Event,
  EventOf,
  ExecutionId,
  ExecutionLimit,
  FactOf,
  FactType,
  Json,
  OutputSummary,
  RunId,
  Timestamp
} from '../../../schema/index.js';
import { asked } from './asked.js';

/** Facts about runs and what they ran in. */
export const RUN_FACTS = [
  'execution.requested',
  'execution.assigned',
  'execution.started',
  'execution.input-requested',
  'execution.input-answered',
  'execution.limit-reached',
  'execution.finished',
  'environment.recorded'
] as const satisfies readonly FactType[];

/** What a run ran in, with the packages. */
export type RecordedEnvironment = Omit<
  FactOf<'environment.recorded'>['data'],
  'executionIds' | 'kernelId'
>;

/** A run that was asked for, as far as it has come. */
export interface ExecutionRecord {
  readonly executionId: ExecutionId;
  readonly runId: RunId;
  readonly cellId: CellId;
  readonly source: string;
  readonly sourceHash: Digest;
  readonly requester: Actor;
  readonly assurance: Assurance;
  readonly requestedAt: Timestamp;
  /** Of the request: the document as its requester saw it is the one at this offset. */
  readonly documentOffset: number;
  readonly phase:
    'requested' | 'assigned' | 'running' | FactOf<'execution.finished'>['data']['outcome'];
  /** Of the agent that it was given to last; null if to none. */
  readonly epoch: number | null;
  readonly kernelId: string | null;
  readonly kernelName: string | null;
  /** Null: it did not run, or what it ran in was not known. */
  readonly environment: RecordedEnvironment | null;
  readonly executionCount: number | null;
  readonly startedAt: Timestamp | null;
  readonly finishedAt: Timestamp | null;
  /** Of its end; null before. */
  readonly finishedOffset: number | null;
  readonly reason: string | null;
  readonly error: { readonly ename: string; readonly evalue: string } | null;
  readonly limit: {
    readonly limit: ExecutionLimit;
    readonly allowed: number;
    readonly used: number;
  } | null;
  readonly questions: readonly RecordedQuestion[];
}

/** The record with what the run gave, as that was at its end. */
export type WholeRecord = ExecutionRecord & {
  /** As nbformat has them; null if they are not there. */
  readonly outputs: readonly Json[] | null;
  /** Kind, beginning, length and digest of each output: kept also where the outputs are not. */
  readonly outputSummaries: readonly OutputSummary[];
  /** Why there are no outputs, for a person. */
  readonly outputsMissing?: string;
};

/** What it asked, and who answered; `value` is null for a password. */
export interface RecordedQuestion {
  readonly requestId: string;
  readonly prompt: string;
  readonly answer: {
    readonly by: Actor;
    readonly at: Timestamp;
    readonly value: string | null;
  } | null;
}

/** The record, from the RUN_FACTS of its stream, ascending; undefined if nobody asked for it. */
export function executionRecord(
  events: readonly Event[],
  executionId: ExecutionId
): ExecutionRecord | undefined {
  let record: ExecutionRecord | undefined;
  let digest: Digest | undefined;
  for (const event of events) {
    if (event.type === 'execution.requested') {
      record = event.data.executionId === executionId ? requested(event) : record;
    } else if (event.type === 'environment.recorded') {
      digest = event.data.executionIds.includes(executionId) ? event.data.environment : digest;
    } else if (record !== undefined && 'executionId' in event.data) {
      record = event.data.executionId === executionId ? after(record, event) : record;
      if (event.type === 'execution.finished' && event.data.executionId === executionId) {
        digest ??= event.data.environment;
      }
    }
  }
  return record && { ...record, environment: environmentOf(events, digest) };
}

function requested({
  offset,
  at,
  actor,
  assurance,
  data
}: EventOf<'execution.requested'>): ExecutionRecord {
  const { executionId, runId, cellId, source, sourceHash } = data;
  return {
    ...{ executionId, runId, cellId, source, sourceHash },
    ...{ requester: actor, assurance, requestedAt: at, documentOffset: offset },
    ...{ phase: 'requested', epoch: null, kernelId: null, kernelName: null, environment: null },
    ...{ executionCount: null, startedAt: null, finishedAt: null, finishedOffset: null },
    ...{ reason: null, error: null, limit: null, questions: [] }
  };
}

function after(record: ExecutionRecord, event: Event): ExecutionRecord {
  switch (event.type) {
    case 'execution.assigned':
      return { ...record, phase: 'assigned', epoch: event.data.epoch };
    case 'execution.started': {
      const { kernelId, kernelName = null, executionCount, startedAt } = event.data;
      return { ...record, phase: 'running', kernelId, kernelName, executionCount, startedAt };
    }
    case 'execution.input-requested': {
      const { requestId, prompt } = event.data;
      const questions = asked(record.questions, { requestId, prompt, answer: null });
      return { ...record, questions };
    }
    case 'execution.input-answered': {
      const { requestId, value } = event.data;
      const answer = { by: event.actor, at: event.at, value };
      const questions = record.questions.map(question =>
        question.requestId === requestId ? { ...question, answer } : question
      );
      return { ...record, questions };
    }
    case 'execution.limit-reached': {
      const { limit, allowed, used } = event.data;
      return { ...record, limit: { limit, allowed, used } };
    }
    case 'execution.finished': {
      const { outcome, finishedAt, reason = null, error = null } = event.data;
      return {
        ...record,
        ...{ phase: outcome, finishedAt, finishedOffset: event.offset, reason, error },
        startedAt: event.data.startedAt ?? record.startedAt,
        executionCount: event.data.executionCount ?? record.executionCount
      };
    }
    default:
      return record;
  }
}

/** The environment of this digest, with the list of its packages from wherever it is. */
function environmentOf(
  events: readonly Event[],
  digest: Digest | undefined
): RecordedEnvironment | null {
  const facts = events.flatMap(event =>
    event.type === 'environment.recorded' ? [event.data] : []
  );
  const found = facts.find(({ environment }) => environment === digest);
  if (found === undefined) {
    return null;
  }
  const { executionIds: _ids, kernelId: _kernel, ...environment } = found;
  const listed = facts.find(
    ({ packages, packageList }) => packageList !== undefined && packages === found.packages
  );
  return { ...environment, ...(listed && { packageList: listed.packageList }) };
}
