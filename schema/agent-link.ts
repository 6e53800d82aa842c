/**
 * What host and runtime agent say to each other: JSON objects, one a line, over the agent's stdin and
 * stdout. The agent ends when its stdin ends.
 */
import { z } from 'zod';
import { ActorIdentityShape } from './actor.js';
import { CellId, ExecutionId, FileId, Timestamp } from './ids.js';
import { ExecutionOutcome } from './events/execution.js';

const Run = z.strictObject({
  executionId: ExecutionId,
  cellId: CellId,
  source: z.string(),
  allowError: z.boolean(),
  requester: ActorIdentityShape
});

export const ToAgent = z.discriminatedUnion('type', [
  /** First line. `token` proves to Jupyter Server that this is the runtime of this notebook. */
  z.strictObject({
    type: z.literal('join'),
    /** Jupyter Server's own URL with base_url, ending in `/`. */
    baseUrl: z.string(),
    token: z.string(),
    fileId: FileId,
    path: z.string(),
    epoch: z.int().min(1),
    /** An execution that an earlier agent left unfinished: go on with it, once. */
    resume: z.strictObject({ run: Run, kernelId: z.string().nullable() }).optional()
  }),
  z.strictObject({ type: z.literal('run'), ...Run.shape }),
  z.strictObject({ type: z.literal('interrupt') }),
  z.strictObject({ type: z.literal('restart-kernel') }),
  /** The file was renamed. */
  z.strictObject({ type: z.literal('moved'), path: z.string() }),
  /** Finish nothing more, leave the room, exit 0. */
  z.strictObject({ type: z.literal('stop') })
]);
export type ToAgent = z.infer<typeof ToAgent>;

export const FromAgent = z.discriminatedUnion('type', [
  /** In the room and attached to the tap of the notebook's kernel, if it has one yet. */
  z.strictObject({
    type: z.literal('ready'),
    kernelId: z.string().nullable(),
    kernelName: z.string().nullable()
  }),
  z.strictObject({
    type: z.literal('started'),
    executionId: ExecutionId,
    cellId: CellId,
    kernelId: z.string(),
    kernelName: z.string().optional(),
    executionCount: z.int().nullable(),
    startedAt: Timestamp
  }),
  /** Sent after the room has confirmed every output of the run. */
  z.strictObject({
    type: z.literal('finished'),
    executionId: ExecutionId,
    cellId: CellId,
    outcome: ExecutionOutcome,
    reason: z.string().optional(),
    error: z.strictObject({ ename: z.string(), evalue: z.string() }).optional(),
    executionCount: z.int().nullable(),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp
  }),
  z.strictObject({
    type: z.literal('kernel'),
    change: z.enum(['attached', 'restarted', 'died', 'shut-down']),
    kernelId: z.string(),
    kernelName: z.string().optional()
  }),
  /** Whether people besides the runtime are in the room; for the idle stop. */
  z.strictObject({ type: z.literal('peers'), count: z.int().min(0) }),
  /** The agent cannot go on; it exits after this line. */
  z.strictObject({ type: z.literal('failed'), reason: z.string() })
]);
export type FromAgent = z.infer<typeof FromAgent>;
