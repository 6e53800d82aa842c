/** The bodies of the HTTP API that are no event, command or problem, as schemas. */
import { z } from 'zod';
import {
  Actor,
  Assurance,
  CellId,
  ExecutionId,
  ExecutionOutcome,
  JsonObject,
  RunId,
  StreamPath,
  Timestamp
} from '../../../schema/index.js';

const offset = z.int().min(0).describe('Of the newest event that counts here; 0 for none.');
const epoch = z
  .int()
  .min(0)
  .describe('Number of the agent among those of the notebook; 0: none yet.');

export const StreamList = z
  .strictObject({
    streams: z.array(
      z.strictObject({
        stream: StreamPath,
        head: offset,
        createdAt: Timestamp,
        owner: z.string().nullable().describe("Username; null: nobody's, or a notebook's."),
        access: z
          .enum(['notebook', 'private', 'public-read', 'public-write'])
          .describe('What people may who own nothing of it and were granted nothing.')
      })
    )
  })
  .describe('All streams, each with the offset of its newest event.');

const Requester = { actor: Actor, assurance: Assurance };
const CellRun = z.strictObject({
  executionId: ExecutionId,
  runId: RunId.nullable(),
  ...Requester,
  outcome: z.union([ExecutionOutcome, z.literal('running')]),
  executionCount: z.int().nullable(),
  startedAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  reason: z.string().optional(),
  error: z.strictObject({ ename: z.string(), evalue: z.string() }).optional()
});
const CellRequest = z.strictObject({
  executionId: ExecutionId,
  runId: RunId,
  ...Requester,
  requestedAt: Timestamp
});
const CellChange = z.strictObject({ ...Requester, at: Timestamp, offset: z.int().min(1) });

export const Cells = z
  .strictObject({
    offset,
    cells: z.record(
      z.string(),
      z.strictObject({
        lastRun: CellRun.optional(),
        lastChange: CellChange.optional(),
        waiting: z.array(CellRequest).optional()
      })
    )
  })
  .describe('By cell id: the newest run, the newest change, and the requests that wait.');

const QueuedRun = z.strictObject({
  executionId: ExecutionId,
  runId: RunId,
  cellId: CellId,
  actor: Actor,
  requestedAt: Timestamp,
  startedAt: Timestamp.nullable(),
  question: z
    .strictObject({ requestId: z.string(), prompt: z.string(), password: z.boolean() })
    .nullable()
    .describe('What it asks and nobody has answered; null if it asks nothing.')
});

export const Runtime = z
  .strictObject({
    offset,
    agent: z.strictObject({
      phase: z.enum(['none', 'starting', 'ready', 'stopping']),
      epoch,
      kernelId: z.string().nullable(),
      kernelName: z.string().nullable()
    }),
    queue: z.strictObject({ running: QueuedRun.nullable(), waiting: z.array(QueuedRun) })
  })
  .describe('The state of the agent, what runs and what waits.');

export const Notebook = z
  .looseObject({
    cells: z.array(JsonObject),
    metadata: JsonObject,
    nbformat: z.int(),
    nbformat_minor: z.int()
  })
  .describe('A notebook as nbformat has it.');

const Agent = z.strictObject({ stream: StreamPath, epoch: z.int().min(1), pid: z.int() });

export const Health = z
  .strictObject({
    version: z.string(),
    journal: z.looseObject({
      kind: z.enum(['sqlite', 'memory']),
      events: z.int().min(0),
      streams: z.int().min(0),
      bytes: z.int().min(0)
    }),
    agents: z.array(Agent)
  })
  .describe('Version, size of the journal, and the agents that run.');

export const Status = z
  .strictObject({
    version: z.string(),
    state: z.enum(['starting', 'running', 'backing-off', 'unavailable', 'stopped']),
    problem: z
      .strictObject({ code: z.string(), summary: z.string(), remedy: z.string() })
      .nullable(),
    stepBack: z.strictObject({ extension: z.string(), message: z.string() }).nullable(),
    hooks: z.strictObject({ ok: z.boolean(), problems: z.array(z.string()) }),
    notices: z.array(
      z.strictObject({
        level: z.enum(['info', 'warning', 'error']),
        code: z.string(),
        message: z.string(),
        at: Timestamp
      })
    ),
    host: z
      .strictObject({
        pid: z.int(),
        since: Timestamp,
        restarts: z.int().min(0),
        node: z.string().nullable()
      })
      .nullable(),
    me: z.strictObject({ username: z.string(), name: z.string(), color: z.string().nullable() })
  })
  .describe('The state of the host, what is wrong with it, and who asks.');

const Use = z
  .strictObject({ memoryBytes: z.number().min(0), cpuSeconds: z.number().min(0) })
  .nullable()
  .describe('Of a process and its children, so far; null if there is none or it runs elsewhere.');

export const Resources = z
  .strictObject({
    kernel: Use,
    agent: Use,
    host: Use.describe('The host with its agents, which are children of it.'),
    limits: z
      .strictObject({
        memoryBytes: z.number().positive(),
        cpuSeconds: z.number().positive(),
        wallSeconds: z.number().positive(),
        outputBytes: z.number().positive()
      })
      .partial()
      .describe('Of the kernel’s last run; of the server if there was none.')
  })
  .describe('What a kernel, its agent and the host use now.');

const eventType = {
  type: z.string(),
  versions: z.array(z.int().min(1)),
  statedBy: z.string().describe('Which part of Colophon states it, or who may.'),
  summary: z.string().describe('What it says.'),
  postable: z.boolean().describe('Whoever may write to a stream may post it.'),
  page: z.string().describe('Address of its page, relative to this answer’s.'),
  schema: z.string().describe('Address of its JSON Schema, relative to this answer’s.')
};

export const EventTypeList = z
  .strictObject({ types: z.array(z.strictObject(eventType)) })
  .describe('The types of events, in the order of the protocol.');

export const EventTypePage = z
  .strictObject({
    ...eventType,
    jsonSchema: JsonObject.describe('Of a whole event, self-contained.'),
    example: JsonObject.describe('A whole event.')
  })
  .describe('One type of event.');
