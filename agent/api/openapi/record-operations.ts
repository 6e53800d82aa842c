/** Operations that put the record to use: questions in SQL, exports, checkpoints. */
import { z } from 'zod';
import { ExportLine, RecordHead, StreamPath } from '../../../schema/index.js';
import { EXPORT_FORMATS } from '../../loop/record.js';
import { QueryAnswer, QueryBody } from '../record.js';
import type { Operation } from './operation.js';

export const RECORD_OPERATIONS: readonly Operation[] = [
  {
    id: 'query',
    method: 'POST',
    path: '/query',
    tag: 'Record',
    summary: 'Asks the record in SQL; docs/guide/query.md has the views.',
    description: 'Of the streams that you may read. It can only read, and only the views.',
    body: { 'application/json': QueryBody },
    bodyExample: { sql: 'SELECT type, count(*) FROM events GROUP BY type' },
    answers: { 'application/json': QueryAnswer },
    refusals: [
      'body-too-large',
      'query-refused',
      'query-timeout',
      'query-too-large',
      'query-unavailable'
    ]
  },
  {
    id: 'exportStream',
    method: 'GET',
    path: '/export',
    tag: 'Record',
    summary: 'Exports one stream; docs/guide/export.md has the forms.',
    parameters: {
      stream: {
        in: 'query',
        schema: StreamPath.describe('The stream that is exported.'),
        required: true
      },
      format: { in: 'query', schema: z.enum(EXPORT_FORMATS).describe('`jsonl` if absent.') }
    },
    answers: {
      'application/jsonl': { each: ExportLine, text: 'One line of the export in each line.' },
      'text/csv': { text: 'One event in each row.' },
      'application/json': z.looseObject({}).describe('W3C PROV-JSON.'),
      'application/zip': { text: 'A Process Run Crate.' }
    },
    refusals: ['unknown-stream', 'query-unavailable']
  },
  {
    id: 'recordHead',
    method: 'GET',
    path: '/record',
    tag: 'Record',
    summary: 'The newest signed checkpoint; docs/guide/verifiable-record.md says how to keep it.',
    parameters: {
      from: {
        in: 'query',
        schema: z.int().min(0).describe('Events of a checkpoint that you kept: for the proof.')
      }
    },
    answers: { 'application/json': RecordHead },
    refusals: ['not-found', 'query-unavailable']
  }
];
