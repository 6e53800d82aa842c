/** Facts about the runtime agent of a notebook and its kernel. */
import { z } from 'zod';

export const AgentStarted = z.strictObject({
  type: z.literal('agent.started'),
  v: z.literal(1),
  data: z.strictObject({ epoch: z.int().min(1), pid: z.int() })
});

/** It joined the room and knows its kernel: work can be given to it. */
export const AgentReady = z.strictObject({
  type: z.literal('agent.ready'),
  v: z.literal(1),
  data: z.strictObject({
    epoch: z.int().min(1),
    kernelId: z.string().nullable(),
    kernelName: z.string().nullable()
  })
});

export const AgentStopped = z.strictObject({
  type: z.literal('agent.stopped'),
  v: z.literal(1),
  data: z.strictObject({
    epoch: z.int().min(1),
    outcome: z.enum(['stopped', 'idle', 'failed', 'host-restarted']),
    reason: z.string().optional()
  })
});

export const AgentStopRequested = z.strictObject({
  type: z.literal('agent.stop-requested'),
  v: z.literal(1),
  data: z.strictObject({ restart: z.boolean() })
});

export const AgentStartRequested = z.strictObject({
  type: z.literal('agent.start-requested'),
  v: z.literal(1),
  data: z.strictObject({})
});

export const KernelInterruptRequested = z.strictObject({
  type: z.literal('kernel.interrupt-requested'),
  v: z.literal(1),
  data: z.strictObject({})
});

export const KernelRestartRequested = z.strictObject({
  type: z.literal('kernel.restart-requested'),
  v: z.literal(1),
  data: z.strictObject({})
});

/** The kernel changed under the notebook; seen by the agent's kernel listener. */
export const KernelChanged = z.strictObject({
  type: z.literal('kernel.changed'),
  v: z.literal(1),
  data: z.strictObject({
    change: z.enum(['attached', 'restarted', 'died', 'shut-down']),
    kernelId: z.string(),
    kernelName: z.string().optional()
  })
});
