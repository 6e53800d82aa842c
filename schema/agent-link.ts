/**
 * What host and runtime agent say to each other: JSON objects, one a line, over the agent's stdin and
 * stdout. The agent ends when its stdin ends.
 */
import { z } from 'zod';
import { ActorIdentityShape } from './actor.js';
import { KernelChanged } from './events/agent.js';
import { EnvironmentRecorded } from './events/environment.js';
import {
  ExecutionFinished,
  ExecutionInputRequested,
  ExecutionLimitReached,
  ExecutionStarted
} from './events/execution.js';
import { CellId, ExecutionId, FileId } from './ids.js';

const Run = z.strictObject({
  executionId: ExecutionId,
  cellId: CellId,
  source: z.string(),
  allowError: z.boolean(),
  requester: ActorIdentityShape,
  /** Another execution of the same request waits behind it: the host wants to hear `over`. */
  followed: z.literal(true).optional()
});

const InputQuestion = ExecutionInputRequested.shape.data.pick({
  requestId: true,
  prompt: true,
  password: true
});
/** What a run asks a person. */
export type InputQuestion = z.infer<typeof InputQuestion>;

/** A place in what one client of a Yjs document has changed. */
const DocumentClock = z.strictObject({ client: z.int().min(0), clock: z.int().min(0) });
export type DocumentClock = z.infer<typeof DocumentClock>;

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
    /** How many bytes of one cell's outputs may stand in the document; what exceeds it is kept outside. */
    inlineBytes: z.int().min(0),
    /** The host's own URL, ending in `/`, for what is kept outside; absent: through Jupyter Server. */
    hostUrl: z.string().optional(),
    /** An execution that an earlier agent left unfinished: go on with it, once. */
    resume: z
      .strictObject({
        run: Run,
        kernelId: z.string().nullable(),
        /** The execution before it: over in the kernel, its end not yet stated. Never to be run. */
        before: z
          .strictObject({
            run: Run,
            kernelId: z.string().nullable(),
            end: ExecutionFinished.shape.data
          })
          .optional()
      })
      .optional()
  }),
  z.strictObject({ type: z.literal('run'), ...Run.shape }),
  /**
   * What a person typed. Told again to an agent that takes over: one that an earlier agent has taken is
   * shown, and given if the kernel asks again.
   */
  z.strictObject({
    type: z.literal('answer-input'),
    executionId: ExecutionId,
    question: InputQuestion,
    value: z.string(),
    taken: z.boolean().optional()
  }),
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
  /** May come again from an agent that took over. */
  z.strictObject({ type: z.literal('started'), ...ExecutionStarted.shape.data.shape }),
  z.strictObject({
    type: z.literal('input-requested'),
    ...ExecutionInputRequested.shape.data.shape
  }),
  /** An answer goes to the kernel now, and is shown. */
  z.strictObject({
    type: z.literal('input-taken'),
    executionId: ExecutionId,
    requestId: z.string()
  }),
  /** May come again from an agent that took over. */
  z.strictObject({ type: z.literal('limit-reached'), ...ExecutionLimitReached.shape.data.shape }),
  /**
   * The kernel is done with a followed run, and it went well: it can have the next one. `finished` comes
   * later, and before the word about any later run's end.
   */
  z.strictObject({ type: z.literal('over'), ...ExecutionFinished.shape.data.shape }),
  /** Sent after the room has confirmed every output of the run. */
  z.strictObject({
    type: z.literal('finished'),
    ...ExecutionFinished.shape.data.shape,
    /** How far the agent's changes of the document went then: the host tells what it has seen of them first. */
    written: DocumentClock.optional()
  }),
  z.strictObject({ type: z.literal('kernel'), ...KernelChanged.shape.data.shape }),
  /** Always with the packages, if they are known. May come again from an agent that took over. */
  z.strictObject({ type: z.literal('environment'), ...EnvironmentRecorded.shape.data.shape }),
  /** Whether people besides the runtime are in the room; for the idle stop. */
  z.strictObject({ type: z.literal('peers'), count: z.int().min(0) }),
  /** The agent cannot go on; it exits after this line. */
  z.strictObject({ type: z.literal('failed'), reason: z.string() })
]);
export type FromAgent = z.infer<typeof FromAgent>;
