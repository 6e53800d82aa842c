/**
 * What IOPub and the reply say about a run, folded: times, count, error, and the outcome at the end.
 * Pure.
 */
import type { ExecutionOutcome } from '../../schema/index.js';
import type { ExecuteReply, IopubMessage, RunProgress, RunTiming } from '../ports/runtime.js';

export const NO_PROGRESS: RunProgress = { timing: {}, executionCount: null, error: null };

/** How a run ended, in the words of execution.finished. */
export interface RunEnd {
  readonly outcome: ExecutionOutcome;
  readonly reason?: string;
  readonly error?: { readonly ename: string; readonly evalue: string };
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
        error: { ename: String(content.ename), evalue: String(content.evalue) }
      };
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
    error: reply.error ?? progress.error
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
  return error.ename === 'KeyboardInterrupt'
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

function count(value: unknown): number | undefined {
  return Number.isInteger(value) ? (value as number) : undefined;
}
