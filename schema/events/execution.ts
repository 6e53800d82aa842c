/**
 * Facts about runs. requested and cancelled are stated by `decide`; started and the other outcomes
 * by the kernel listener, after the last output of the run is in the room.
 */
import { z } from 'zod';
import { CellId, Digest, ExecutionId, RunId, Timestamp } from '../ids.js';
import { about } from './about.js';

const EXECUTION = '0b9c5a52-6f0f-4c5e-a8d5-0f5c1c5d1e77';
const KERNEL = '4c1a7d0e-8a5b-4f0f-9d0e-2f6f0a3b1c11';
const executionCount = z
  .int()
  .nullable()
  .describe("The kernel's count of the run, the number in the prompt; null if it has none.");

export const ExecutionRequested = z
  .strictObject({
    type: z.literal('execution.requested'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      runId: RunId,
      cellId: CellId,
      source: z.string().describe('Exactly what will run, and what the requester saw.'),
      sourceHash: Digest.describe('SHA-256 of the source.'),
      allowError: z
        .boolean()
        .describe('The cell carries the tag `raises-exception`: an error does not stop the run.')
    })
  })
  .meta(
    about(
      'decision',
      'Somebody asked for the run of one cell: exactly which source, and in which run.',
      {
        executionId: EXECUTION,
        runId: 'f4d9c2d1-3a0e-4e0b-9a55-7a1f2b0c9d3e',
        cellId: '7f3c2a10',
        source: 'print("hello")',
        sourceHash: '957e13c0732e48fd5496f935894dc93a9da7dcd5eb8ffea52646fdf178cda1d1',
        allowError: false
      }
    )
  );

export const ExecutionOutcome = z.enum(['ok', 'error', 'interrupted', 'cancelled']);
export type ExecutionOutcome = z.infer<typeof ExecutionOutcome>;

const finished = z.strictObject({
  executionId: ExecutionId,
  cellId: CellId,
  outcome: ExecutionOutcome.describe('`cancelled`: it never began, or its run was given up.'),
  reason: z
    .string()
    .optional()
    .describe('Why it was interrupted or cancelled, in words for a person.'),
  error: z
    .strictObject({
      ename: z.string().describe('Name of the exception.'),
      evalue: z.string().describe('What it says.')
    })
    .optional()
    .describe('The exception that ended it.'),
  environment: Digest.optional().describe(
    'What the kernel ran in, by its digest; absent if that was not known at the end.'
  ),
  executionCount,
  startedAt: Timestamp.nullable().describe("The kernel's own time; null if it never began."),
  finishedAt: Timestamp.describe("The kernel's own time, or the host's if it never began.")
});

export const ExecutionAssigned = z
  .strictObject({
    type: z.literal('execution.assigned'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      cellId: CellId,
      epoch: z
        .int()
        .min(1)
        .describe('Number of the agent that took it; fences an older agent of the notebook.'),
      kernelId: z.string().nullable().describe('The kernel that it is for; null if none is known.'),
      after: finished
        .optional()
        .describe(
          'How the execution before it ended in the kernel, while its last outputs were still on their ' +
            'way into the document; its own `execution.finished` follows.'
        )
    })
  })
  .meta(
    about('decision', 'It was given to an agent, with its epoch.', {
      executionId: EXECUTION,
      cellId: '7f3c2a10',
      epoch: 1,
      kernelId: KERNEL
    })
  );

export const ExecutionStarted = z
  .strictObject({
    type: z.literal('execution.started'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      cellId: CellId,
      kernelId: z.string().describe('Jupyter Server’s id of the kernel.'),
      kernelName: z.string().optional().describe('Name of the kernel’s specification.'),
      executionCount,
      startedAt: Timestamp.describe("The kernel's own time.")
    })
  })
  .meta(
    about(
      'kernel listener',
      'The kernel has begun: which kernel, which count, when by its own clock.',
      {
        executionId: EXECUTION,
        cellId: '7f3c2a10',
        kernelId: KERNEL,
        kernelName: 'python3',
        executionCount: 1,
        startedAt: '2026-11-21T08:30:00.120Z'
      }
    )
  );

const requestId = z.string().describe('The id that the kernel gave to its question.');

export const ExecutionInputRequested = z
  .strictObject({
    type: z.literal('execution.input-requested'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      cellId: CellId,
      requestId,
      prompt: z.string().describe('What the code asks.'),
      password: z.boolean().describe('The answer is a secret, and is kept nowhere.')
    })
  })
  .meta(
    about('kernel listener', 'The run asks for input, as `input` and `getpass` do, and waits.', {
      executionId: EXECUTION,
      cellId: '7f3c2a10',
      requestId: '6a1d7f3e-52c1d2e0_41_1',
      prompt: 'Name?',
      password: false
    })
  );

export const ExecutionInputAnswered = z
  .strictObject({
    type: z.literal('execution.input-answered'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      cellId: CellId,
      requestId,
      value: z
        .string()
        .nullable()
        .describe('What was typed, which the outputs show as well; null for a password.')
    })
  })
  .meta(
    about('decision', 'Somebody answered what the run asked: the first answer counts.', {
      executionId: EXECUTION,
      cellId: '7f3c2a10',
      requestId: '6a1d7f3e-52c1d2e0_41_1',
      value: 'Ada'
    })
  );

export const ExecutionLimit = z.enum(['memory', 'cpu-time', 'wall-time', 'output']);
export type ExecutionLimit = z.infer<typeof ExecutionLimit>;

/** The name of the error with which a run ends that has reached a limit; its value is the limit in words. */
export const LIMIT_REACHED = 'LimitReached';

export const ExecutionLimitReached = z
  .strictObject({
    type: z.literal('execution.limit-reached'),
    v: z.literal(1),
    data: z.strictObject({
      executionId: ExecutionId,
      cellId: CellId,
      limit: ExecutionLimit.describe('Memory is the kernel’s, the others are of the run.'),
      allowed: z.number().positive().describe('Bytes of memory and output, seconds of time.'),
      used: z.number().nonnegative().describe('What was used when it was noticed.')
    })
  })
  .meta(
    about(
      'server extension; kernel listener',
      'The run reached a limit and is interrupted: which, what it allows, and what was used.',
      {
        executionId: EXECUTION,
        cellId: '7f3c2a10',
        limit: 'memory',
        allowed: 2147483648,
        used: 2254857830
      }
    )
  );

export const ExecutionFinished = z
  .strictObject({
    type: z.literal('execution.finished'),
    v: z.literal(1),
    data: finished
  })
  .meta(
    about(
      'kernel listener; decision for what never began or was stopped',
      'The end, behind the last output: `ok`, `error`, `interrupted` or `cancelled`, with the reason or the error.',
      {
        executionId: EXECUTION,
        cellId: '7f3c2a10',
        outcome: 'error',
        error: { ename: 'ZeroDivisionError', evalue: 'division by zero' },
        executionCount: 1,
        startedAt: '2026-11-21T08:30:00.120Z',
        finishedAt: '2026-11-21T08:30:00.180Z'
      }
    )
  );
