/** Facts about the runtime agent of a notebook and its kernel. */
import { z } from 'zod';
import { about } from './about.js';

const epoch = z.int().min(1).describe('Number of the agent among those of the notebook; from 1.');
const kernelId = z.string().describe('Jupyter Server’s id of the kernel.');
const kernelName = z.string().describe('Name of the kernel’s specification, e.g. `python3`.');

export const AgentStarted = z
  .strictObject({
    type: z.literal('agent.started'),
    v: z.literal(1),
    data: z.strictObject({ epoch, pid: z.int().describe('Id of the process.') })
  })
  .meta(
    about('process runner', "An agent's process runs, with its epoch.", { epoch: 1, pid: 4711 })
  );

/** It joined the room and knows its kernel: work can be given to it. */
export const AgentReady = z
  .strictObject({
    type: z.literal('agent.ready'),
    v: z.literal(1),
    data: z.strictObject({
      epoch,
      kernelId: kernelId.nullable(),
      kernelName: kernelName.nullable()
    })
  })
  .meta(
    about('agent', 'It is in the room and knows its kernel: it can be given work.', {
      epoch: 1,
      kernelId: '4c1a7d0e-8a5b-4f0f-9d0e-2f6f0a3b1c11',
      kernelName: 'python3'
    })
  );

export const AgentStopped = z
  .strictObject({
    type: z.literal('agent.stopped'),
    v: z.literal(1),
    data: z.strictObject({
      epoch,
      outcome: z
        .enum(['stopped', 'idle', 'failed', 'host-restarted'])
        .describe('`stopped`: it was asked to. `idle`: it had nothing to do for long.'),
      reason: z.string().optional().describe('Why it failed, for a person.')
    })
  })
  .meta(
    about(
      'process runner',
      'The process is gone: `stopped`, `idle`, `failed` with the reason, or `host-restarted`.',
      { epoch: 1, outcome: 'failed', reason: 'The agent ended with exit code 1.' }
    )
  );

export const AgentStopRequested = z
  .strictObject({
    type: z.literal('agent.stop-requested'),
    v: z.literal(1),
    data: z.strictObject({ restart: z.boolean().describe('Another agent is to take its place.') })
  })
  .meta(
    about(
      'decision',
      'Somebody, or the idle time, asked the agent to end; `restart`: for another one.',
      {
        restart: false
      }
    )
  );

export const AgentStartRequested = z
  .strictObject({
    type: z.literal('agent.start-requested'),
    v: z.literal(1),
    data: z.strictObject({})
  })
  .meta(about('decision', 'Somebody asked for an agent, or a run needed one.', {}));

export const KernelInterruptRequested = z
  .strictObject({
    type: z.literal('kernel.interrupt-requested'),
    v: z.literal(1),
    data: z.strictObject({})
  })
  .meta(about('decision', 'Somebody interrupted the kernel.', {}));

export const KernelRestartRequested = z
  .strictObject({
    type: z.literal('kernel.restart-requested'),
    v: z.literal(1),
    data: z.strictObject({})
  })
  .meta(about('decision', 'Somebody asked for a restart of the kernel.', {}));

/** The kernel changed under the notebook; seen by the agent's kernel listener. */
export const KernelChanged = z
  .strictObject({
    type: z.literal('kernel.changed'),
    v: z.literal(1),
    data: z.strictObject({
      change: z
        .enum(['attached', 'restarted', 'died', 'shut-down'])
        .describe('`attached`: the agent works with this kernel from now on.'),
      kernelId,
      kernelName: kernelName.optional()
    })
  })
  .meta(
    about(
      'kernel listener',
      'The agent attached to a kernel, or its kernel was restarted, died or was shut down.',
      {
        change: 'attached',
        kernelId: '4c1a7d0e-8a5b-4f0f-9d0e-2f6f0a3b1c11',
        kernelName: 'python3'
      }
    )
  );
