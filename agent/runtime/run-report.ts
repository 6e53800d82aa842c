/** What the host is told of a run, in the words of the link between host and agent. Pure. */
import type { Digest, FromAgent, ToAgent } from '../../schema/index.js';
import type { RunProgress } from '../ports/runtime.js';
import type { RunEnd } from '../core/execution/limit-end.js';

type FinishedReport = Extract<FromAgent, { type: 'finished' }>;

/** The run as the host asks for it. */
export type Run = Omit<Extract<ToAgent, { type: 'run' }>, 'type'>;

/** The kernel has begun. `now`: ISO 8601, used when the kernel gave no date. */
export function startedReport(
  { executionId, cellId }: Run,
  kernel: { readonly kernelId: string; readonly kernelName: string },
  { timing, executionCount }: RunProgress,
  now: string
): FromAgent {
  const startedAt = timing['iopub.execute_input'] ?? now;
  return { type: 'started', executionId, cellId, ...kernel, executionCount, startedAt };
}

/** The run is over. `now`: ISO 8601, used when the kernel gave no date. `environment`: if known. */
export function finishedReport(
  { executionId, cellId }: Run,
  end: RunEnd,
  { timing, executionCount }: RunProgress,
  now: string,
  environment?: Digest
): FinishedReport {
  return {
    type: 'finished',
    executionId,
    cellId,
    ...end,
    executionCount,
    startedAt: timing['iopub.execute_input'] ?? null,
    finishedAt: timing['shell.execute_reply'] ?? timing['iopub.status.idle'] ?? now,
    ...(environment !== undefined && { environment })
  };
}
