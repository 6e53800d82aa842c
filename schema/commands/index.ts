/** What may be asked for, and refused. The sender chooses the id; the same id twice is done once. */
import { z } from 'zod';
import { CellId, CommandId, Digest, ExecutionId, RunId, StreamPath } from '../ids.js';

export const ExecutionRequest = z.strictObject({
  type: z.literal('execution.request'),
  data: z.strictObject({
    /** Run in this order. `sourceHash` is of the source that the requester saw. */
    cells: z
      .array(z.strictObject({ cellId: CellId, sourceHash: Digest }))
      .min(1)
      .max(10_000),
    runId: RunId.optional()
  })
});

/** Cancels what waits: the named executions, or all of a run, or everything. */
export const ExecutionCancel = z.strictObject({
  type: z.literal('execution.cancel'),
  data: z.union([
    z.strictObject({ executionIds: z.array(ExecutionId).min(1) }),
    z.strictObject({ runId: RunId }),
    z.strictObject({ all: z.literal(true) })
  ])
});

/** Answers what a run asks for: the first answer counts. A password is recorded nowhere. */
export const ExecutionAnswerInput = z.strictObject({
  type: z.literal('execution.answer-input'),
  data: z.strictObject({
    executionId: ExecutionId,
    /** Of the question: an answer to an earlier one is refused. */
    requestId: z.string(),
    value: z.string().max(100_000)
  })
});

const bare = <T extends string>(type: T) =>
  z.strictObject({ type: z.literal(type), data: z.strictObject({}).default({}) });

/** Interrupts what runs. */
export const KernelInterrupt = bare('kernel.interrupt');
export const KernelRestart = bare('kernel.restart');
export const AgentStart = bare('agent.start');
export const AgentStop = bare('agent.stop');
export const AgentRestart = bare('agent.restart');

export const Order = z.discriminatedUnion('type', [
  ExecutionRequest,
  ExecutionCancel,
  ExecutionAnswerInput,
  KernelInterrupt,
  KernelRestart,
  AgentStart,
  AgentStop,
  AgentRestart
]);
/** A command without its address. */
export type Order = z.infer<typeof Order>;
export type OrderOf<T extends Order['type']> = Extract<Order, { type: T }>;

const Address = z.strictObject({
  // No space: ids with one are Colophon's own, of posts with an idempotency key.
  id: CommandId.regex(/^\S+$/, 'an id has no space'),
  stream: StreamPath
});
export type Command = z.infer<typeof Address> & Order;

/** Parse an unknown body as a command; throws a ZodError that names what is wrong. */
export function parseCommand(body: unknown): Command {
  const { id, stream, ...order } = z.looseObject(Address.shape).parse(body);
  return { id, stream, ...Order.parse(order) };
}
