/**
 * What IOPub and the reply say about a run, folded: times, count, error, and the outcome at the end.
 * Pure.
 */
import type { RunEnd } from '../core/execution/limit-end.js';
import type { ExecuteReply, IopubMessage, RunProgress, RunTiming } from '../ports/runtime.js';

export const NO_PROGRESS: RunProgress = { timing: {}, executionCount: null, error: null };

type RunError = NonNullable<RunProgress['error']>;

/** UTF-16 units of an exception's name and message that mark and event bear. */
const LONGEST_NAME = 256;
const LONGEST_MESSAGE = 4096;

const INTERRUPT = 'KeyboardInterrupt';

/** What IPython prints when it is interrupted while it shows an error: that one is never published. */
const CUT_TRACEBACK = `\n${INTERRUPT}\n\n`;

/** The end of a run that may say why its outputs are not whole. */
export function endWithGap(end: RunEnd, gap: string | undefined): RunEnd {
  const reason = [end.reason, gap].filter(each => each !== undefined).join(' ');
  return gap === undefined ? end : { ...end, reason };
}

/** Whether the kernel has taken the request: no second one may be sent. */
export function isTaken(progress: RunProgress): boolean {
  return progress.timing['iopub.status.busy'] !== undefined;
}

/** Takes one message of the run itself. `now`: ISO 8601, used when the kernel gave no date. */
export function progressAfter(
  progress: RunProgress,
  { header, content }: IopubMessage,
  now: string
): RunProgress {
  const at = isoDate(header.date) ?? now;
  switch (header.msg_type) {
    case 'status':
      if (content.execution_state === 'busy') {
        return timed(progress, { 'iopub.status.busy': at });
      }
      return content.execution_state === 'idle'
        ? timed(progress, { 'iopub.status.idle': at })
        : progress;
    case 'execute_input':
      return {
        ...timed(progress, { 'iopub.execute_input': at }),
        executionCount: count(content.execution_count) ?? progress.executionCount
      };
    case 'error':
      return {
        ...progress,
        error: boundedError({ ename: String(content.ename), evalue: String(content.evalue) })
      };
    case 'stream':
      // What the reply says counts, if one comes.
      return typeof content.text === 'string' && content.text.endsWith(CUT_TRACEBACK)
        ? { ...progress, error: { ename: INTERRUPT, evalue: '' } }
        : progress;
    default:
      return progress;
  }
}

/** Takes the reply. */
export function progressAfterReply(progress: RunProgress, reply: ExecuteReply): RunProgress {
  const started = isoDate(reply.startedAt);
  const replied = isoDate(reply.repliedAt);
  return {
    ...progress,
    timing: {
      ...progress.timing,
      ...(started === undefined ? {} : { 'shell.execute_reply.started': started }),
      ...(replied === undefined ? {} : { 'shell.execute_reply': replied })
    },
    executionCount: reply.executionCount ?? progress.executionCount,
    error: reply.error === null ? progress.error : boundedError(reply.error)
  };
}

/** The end of a run whose outputs are complete; `reply` undefined when none came. */
export function runEnd(progress: RunProgress, reply: ExecuteReply | undefined): RunEnd {
  const ran = progress.timing['iopub.execute_input'] !== undefined || reply?.status === 'ok';
  if (reply?.status === 'aborted' || (reply === undefined && !ran && progress.error === null)) {
    return {
      outcome: 'cancelled',
      reason: 'The kernel dropped the run because an earlier one had failed.'
    };
  }
  // A shell command that fails prints an error message yet the reply says ok: the reply decides.
  if (reply?.status === 'ok' || progress.error === null) {
    return { outcome: 'ok' };
  }
  const error = progress.error;
  return error.ename === INTERRUPT
    ? { outcome: 'interrupted', reason: 'The run was interrupted.', error }
    : { outcome: 'error', error };
}

/** ISO 8601 in UTC with milliseconds; undefined for what is not a date. */
function isoDate(date: string | null | undefined): string | undefined {
  const time = date == null ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function timed(progress: RunProgress, timing: RunTiming): RunProgress {
  return { ...progress, timing: { ...progress.timing, ...timing } };
}

/** As much as mark and event take; the outputs have all of it. */
function boundedError({ ename, evalue }: RunError): RunError {
  return { ename: beginningOf(ename, LONGEST_NAME), evalue: beginningOf(evalue, LONGEST_MESSAGE) };
}

function beginningOf(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;
}

function count(value: unknown): number | undefined {
  return Number.isInteger(value) ? (value as number) : undefined;
}
