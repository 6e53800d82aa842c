/** The record of a run as the HTTP API gives it, as a schema. */
import { z } from 'zod';
import {
  Actor,
  Assurance,
  CellId,
  Digest,
  ExecutionId,
  ExecutionLimit,
  ExecutionOutcome,
  JsonObject,
  OutputSummary,
  RunId,
  Timestamp
} from '../../../schema/index.js';
import { EnvironmentShape } from '../../../schema/events/environment.js';

const Environment = z
  .strictObject({
    environment: Digest,
    ...EnvironmentShape,
    packageList: z.array(z.string()).optional(),
    unknown: z.string().optional().describe('Why the packages are not known; for a person.')
  })
  .nullable()
  .describe('What the kernel ran in; null if it did not run, or that was not known.');

const Question = z.strictObject({
  requestId: z.string(),
  prompt: z.string(),
  answer: z
    .strictObject({ by: Actor, at: Timestamp, value: z.string().nullable() })
    .nullable()
    .describe('The `value` of a password is null.')
});

export const ExecutionRecord = z
  .strictObject({
    executionId: ExecutionId,
    runId: RunId,
    cellId: CellId,
    source: z.string(),
    sourceHash: Digest,
    requester: Actor,
    assurance: Assurance,
    requestedAt: Timestamp,
    documentOffset: z
      .int()
      .min(1)
      .describe('Of the request: `views/document` at this offset is the notebook as it was then.'),
    phase: z.union([z.enum(['requested', 'assigned', 'running']), ExecutionOutcome]),
    epoch: z.int().min(1).nullable(),
    kernelId: z.string().nullable(),
    kernelName: z.string().nullable(),
    environment: Environment,
    executionCount: z.int().nullable(),
    startedAt: Timestamp.nullable(),
    finishedAt: Timestamp.nullable(),
    finishedOffset: z.int().min(1).nullable(),
    reason: z.string().nullable(),
    error: z.strictObject({ ename: z.string(), evalue: z.string() }).nullable(),
    limit: z
      .strictObject({ limit: ExecutionLimit, allowed: z.number(), used: z.number() })
      .nullable(),
    questions: z.array(Question),
    outputs: z
      .array(JsonObject)
      .nullable()
      .describe('As nbformat has them, as they were at the end; null if they are not there.'),
    outputSummaries: z.array(OutputSummary).describe('Kept also where the outputs are not.'),
    outputsMissing: z.string().optional().describe('Why there are none; for a person.')
  })
  .describe('One run, whole.');
