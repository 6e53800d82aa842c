/**
 * Runs in the history: one entry from the request to the outcome, with the outputs, prompt and
 * timing that the runtime wrote because of it.
 */
import { sameActor } from '../../../schema/index.js';
import type { Event, ExecutionId } from '../../../schema/index.js';
import { identityOf } from '../actors.js';
import { cutAt } from '../outputs/output-budget.js';
import { millisecondsBetween } from '../timestamp.js';
import { asked } from './asked.js';
import { unstartedRun } from './history-details.js';
import { entryOf, grown } from './history-entry.js';
import type { HistoryDetails, HistoryEntry } from './history-entry.js';

type RunDetails = Extract<HistoryDetails, { kind: 'run' }>;
type RunError = NonNullable<RunDetails['error']>;

/** UTF-16 units of what an error says that an entry tells. */
const LONGEST_MESSAGE = 300;

/** The entry of the run that the event belongs to, and its position (-1: new); null if to none. */
export function runEvent(
  entries: readonly HistoryEntry[],
  event: Event
): { readonly index: number; readonly entry: HistoryEntry } | null {
  switch (event.type) {
    case 'execution.requested':
    case 'execution.assigned':
    case 'execution.started':
    case 'execution.input-requested':
    case 'execution.input-answered':
    case 'execution.limit-reached':
    case 'execution.finished': {
      const { executionId } = event.data;
      const index = findRun(entries, details => details.executionId === executionId);
      const entry = entries[index];
      const before = entry?.details.kind === 'run' ? entry.details : unstartedRun(executionId);
      const details = { ...before, ...progress(before, event) };
      return {
        index,
        entry:
          entry === undefined
            ? byRequester(entryOf(event, details, keyOf(executionId)), event)
            : grown(entry, event, details)
      };
    }
    default:
      return setOff(entries, event);
  }
}

/**
 * What the runtime wrote because of a run: into the newest run of that cell that was given to it, if it
 * was not for somebody else; else into the one that goes on for that person.
 */
function setOff(
  entries: readonly HistoryEntry[],
  event: Event
): { readonly index: number; readonly entry: HistoryEntry } | null {
  if (event.actor.kind !== 'runtime' || !('cellId' in event.data)) {
    return null;
  }
  const { cellId } = event.data;
  const person = event.actor.onBehalfOf;
  const isTheirs = ({ actor, onBehalfOf }: HistoryEntry): boolean =>
    person !== undefined && sameActor(person, onBehalfOf ?? identityOf(actor));
  const ofCell = findRun(
    entries,
    (details, entry) => entry.cellIds[0] === cellId && details.phase !== 'requested'
  );
  const index =
    ofCell >= 0
      ? ofCell
      : findRun(entries, ({ phase }, entry) => phase === 'running' && isTheirs(entry));
  const entry = entries[index];
  if (entry?.details.kind !== 'run' || (person !== undefined && !isTheirs(entry))) {
    return null;
  }
  const isOutput = event.type.startsWith('output.');
  const outputs = entry.details.outputs + (isOutput ? 1 : 0);
  return { index, entry: grown(entry, event, { ...entry.details, outputs }) };
}

function progress(
  before: RunDetails,
  event: Extract<Event, { type: `execution.${string}` }>
): Partial<RunDetails> {
  switch (event.type) {
    case 'execution.requested':
      return { runId: event.data.runId, source: event.data.source };
    case 'execution.assigned':
      return { phase: 'assigned' };
    case 'execution.started':
      return {
        phase: 'running',
        startedAt: event.data.startedAt,
        executionCount: event.data.executionCount
      };
    case 'execution.input-requested': {
      const { requestId, prompt } = event.data;
      return { questions: asked(before.questions, { requestId, prompt, answer: null }) };
    }
    case 'execution.input-answered': {
      const { requestId, value } = event.data;
      const answer = { by: event.actor, value };
      return {
        questions: before.questions.map(question =>
          question.requestId === requestId ? { ...question, answer } : question
        )
      };
    }
    case 'execution.limit-reached':
      // The reason of its end says it.
      return {};
    case 'execution.finished': {
      const { outcome, finishedAt, reason, error } = event.data;
      const startedAt = event.data.startedAt ?? before.startedAt;
      return {
        phase: outcome,
        startedAt,
        finishedAt,
        milliseconds: startedAt === null ? null : millisecondsBetween(startedAt, finishedAt),
        executionCount: event.data.executionCount ?? before.executionCount,
        reason: reason ?? null,
        error: error === undefined ? null : headOf(error)
      };
    }
  }
}

/** An entry stays small; the run's record tells more. */
function headOf({ ename, evalue }: RunError): RunError {
  const isLong = evalue.length > LONGEST_MESSAGE;
  return { ename, evalue: isLong ? `${evalue.slice(0, cutAt(evalue, LONGEST_MESSAGE))}…` : evalue };
}

/** A run belongs to who asked for it, also where the request itself is not loaded. */
function byRequester(entry: HistoryEntry, event: Event): HistoryEntry {
  const person = event.actor.onBehalfOf;
  return event.type === 'execution.requested' || person === undefined
    ? entry
    : { ...entry, actor: person, onBehalfOf: null };
}

function keyOf(executionId: ExecutionId): string {
  return `run:${executionId}`;
}

function findRun(
  entries: readonly HistoryEntry[],
  is: (details: RunDetails, entry: HistoryEntry) => boolean
): number {
  return entries.findLastIndex(entry => entry.details.kind === 'run' && is(entry.details, entry));
}
