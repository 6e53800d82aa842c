/**
 * Facts about runs. requested and cancelled are stated by `decide`; started and the other outcomes
 * by the kernel listener, after the last output of the run is in the room.
 */
import { z } from 'zod';
import { CellId, Digest, ExecutionId, RunId, Timestamp } from '../ids.js';

export const ExecutionRequested = z.strictObject({
  type: z.literal('execution.requested'),
  v: z.literal(1),
  data: z.strictObject({
    executionId: ExecutionId,
    runId: RunId,
    cellId: CellId,
    /** Exactly what will run, and what the requester saw. */
    source: z.string(),
    sourceHash: Digest,
    /** The cell carries the tag `raises-exception`: an error does not stop the run. */
    allowError: z.boolean()
  })
});

/** An agent took it. `epoch` fences an older agent of the same notebook. */
export const ExecutionAssigned = z.strictObject({
  type: z.literal('execution.assigned'),
  v: z.literal(1),
  data: z.strictObject({
    executionId: ExecutionId,
    cellId: CellId,
    epoch: z.int().min(1),
    kernelId: z.string().nullable()
  })
});

export const ExecutionStarted = z.strictObject({
  type: z.literal('execution.started'),
  v: z.literal(1),
  data: z.strictObject({
    executionId: ExecutionId,
    cellId: CellId,
    kernelId: z.string(),
    kernelName: z.string().optional(),
    executionCount: z.int().nullable(),
    /** The kernel's own time. */
    startedAt: Timestamp
  })
});

export const ExecutionOutcome = z.enum(['ok', 'error', 'interrupted', 'cancelled']);
export type ExecutionOutcome = z.infer<typeof ExecutionOutcome>;

export const ExecutionFinished = z.strictObject({
  type: z.literal('execution.finished'),
  v: z.literal(1),
  data: z.strictObject({
    executionId: ExecutionId,
    cellId: CellId,
    outcome: ExecutionOutcome,
    /** Why it was interrupted or cancelled, in words for a person. */
    reason: z.string().optional(),
    error: z.strictObject({ ename: z.string(), evalue: z.string() }).optional(),
    executionCount: z.int().nullable(),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp
  })
});
