/** Operations on notebooks: commands, and the views that are folded of their streams. */
import { z } from 'zod';
import { ExecutionId, StreamPath } from '../../../schema/index.js';
import { Cells, Notebook, Runtime } from './bodies.js';
import { AnyCommand, AnyEvent } from './components.js';
import { ExecutionRecord } from './execution-record.js';
import type { Operation } from './operation.js';

const stream = {
  stream: {
    in: 'query',
    schema: StreamPath.describe('The stream of the notebook, `/notebooks/<fileId>`.'),
    required: true
  }
} as const;

export const NOTEBOOK_OPERATIONS: readonly Operation[] = [
  {
    id: 'sendCommand',
    method: 'POST',
    path: '/commands',
    tag: 'Notebooks',
    summary: 'Asks for something; answered once what it led to is durable.',
    description: 'The same id again is done once, and gives the same answer.',
    body: { 'application/json': AnyCommand },
    bodyExample: {
      id: '7d3f1c52-0c1a-4f0e-8a39-6f5f2f1f9f10',
      stream: '/notebooks/1f0c2b7a-5d5f-4f52-9a53-0d4c1c9e8b10',
      type: 'kernel.interrupt'
    },
    answers: { 'application/json': z.strictObject({ events: z.array(AnyEvent) }) },
    refusals: [
      'body-too-large',
      'unknown-notebook',
      'notebook-not-open',
      'unknown-cell',
      'not-a-code-cell',
      'source-mismatch',
      'unknown-execution',
      'nothing-running',
      'already-running',
      'nothing-asked',
      'already-answered',
      'runtime-unavailable',
      'journal-full',
      'shutting-down'
    ]
  },
  {
    id: 'viewCells',
    method: 'GET',
    path: '/views/cells',
    tag: 'Notebooks',
    summary: 'By cell: the newest run, who changed it last, the requests that wait.',
    parameters: stream,
    answers: { 'application/json': Cells },
    refusals: ['unknown-stream']
  },
  {
    id: 'viewRuntime',
    method: 'GET',
    path: '/views/runtime',
    tag: 'Notebooks',
    summary: 'The state of the agent, what runs and what waits.',
    parameters: stream,
    answers: { 'application/json': Runtime },
    refusals: ['unknown-stream']
  },
  {
    id: 'viewDocument',
    method: 'GET',
    path: '/views/document',
    tag: 'Notebooks',
    summary: 'The notebook as it was at an offset, rebuilt from the stored updates.',
    parameters: {
      ...stream,
      offset: {
        in: 'query',
        schema: z.int().min(1).describe('As of this event; the newest if absent.')
      }
    },
    answers: { 'application/json': Notebook },
    refusals: ['unknown-stream', 'not-found']
  },
  {
    id: 'viewExecution',
    method: 'GET',
    path: '/views/execution',
    tag: 'Notebooks',
    summary: 'The record of one run: source, requester, kernel, environment, times, outputs.',
    description:
      'It is of the journal, and stays after the cell was run again and after it was deleted.',
    parameters: {
      ...stream,
      executionId: { in: 'query', schema: ExecutionId, required: true }
    },
    answers: { 'application/json': ExecutionRecord },
    refusals: ['not-found']
  }
];
