/** Operations on output that is kept outside documents. */
import { z } from 'zod';
import { ArtifactLink, StreamPath } from '../../../schema/index.js';
import { CommitBody, LARGEST_PIECE } from '../artifact-uploads.js';
import { MOST_LINES, MOST_MATCHES } from '../artifacts.js';
import type { Operation } from './operation.js';

const stream = {
  stream: {
    in: 'query',
    schema: StreamPath.describe('The stream of the notebook, `/notebooks/<fileId>`.'),
    required: true
  }
} as const;

const from = {
  in: 'query',
  schema: z.int().min(0).describe('The line to begin with; 0, the first, if absent.')
} as const;

const LinePage = z.strictObject({
  from: z.int().min(0),
  total: z.int().min(0).describe('So many lines there are.'),
  lines: z.array(z.string()).describe('Without their ends.'),
  cut: z.array(z.int()).optional().describe('Numbers of lines that are longer than told.')
});

const MatchPage = z.strictObject({
  matches: z.array(
    z.strictObject({
      line: z.int().min(0),
      at: z.int().min(0).describe('In UTF-16 units of the line.'),
      length: z.int().min(0),
      text: z.string().describe('The line around it.'),
      textFrom: z.int().min(0).describe('Where in the line `text` begins.')
    })
  ),
  next: z.int().nullable().describe('The line to go on with; null at the end.')
});

const MIB = LARGEST_PIECE / (1 << 20);

export const ARTIFACT_OPERATIONS: readonly Operation[] = [
  {
    id: 'artifactBytes',
    method: 'GET',
    path: '/artifacts/{id}',
    tag: 'Notebooks',
    summary: 'The bytes of an output that the notebook keeps outside its document.',
    description: 'As a file, unless they are a picture or plain text; in a sandbox.',
    parameters: {
      ...stream,
      type: {
        in: 'query',
        schema: z
          .string()
          .describe('The MIME type of the answer; bytes of no known type if absent.')
      },
      download: { in: 'query', schema: z.string().describe('As a file of this name.') },
      Range: { in: 'header', schema: z.string().describe('One range: `bytes=0-1023`.') }
    },
    answers: { '*/*': { text: 'The bytes.' } },
    partial: true,
    refusals: ['not-found', 'unknown-notebook', 'range-unsatisfiable']
  },
  {
    id: 'artifactLines',
    method: 'GET',
    path: '/artifacts/{id}/lines',
    tag: 'Notebooks',
    summary: 'Some lines of a text that is kept outside the document.',
    description: 'Fewer than asked for where they are long: go on behind the last one.',
    parameters: {
      ...stream,
      from,
      count: {
        in: 'query',
        schema: z.int().min(0).max(MOST_LINES).describe('How many; 500 if absent.')
      }
    },
    answers: { 'application/json': LinePage },
    refusals: ['not-found', 'unknown-notebook']
  },
  {
    id: 'searchArtifact',
    method: 'GET',
    path: '/artifacts/{id}/search',
    tag: 'Notebooks',
    summary: 'Where a text stands in the lines of an artifact.',
    description: 'An answer takes a second at most; `next` says where to go on.',
    parameters: {
      ...stream,
      text: {
        in: 'query',
        schema: z.string().min(1).max(1000).describe('Plain text within one line.'),
        required: true
      },
      from,
      limit: {
        in: 'query',
        schema: z.int().min(1).max(MOST_MATCHES).describe('Most matches; 100 if absent.')
      },
      case: {
        in: 'query',
        schema: z.enum(['true', 'false']).describe('Whether capitals matter; false if absent.')
      }
    },
    answers: { 'application/json': MatchPage },
    refusals: ['not-found', 'unknown-notebook']
  },
  {
    id: 'inlinedNotebook',
    method: 'GET',
    path: '/artifacts/notebook',
    tag: 'Notebooks',
    summary: 'The notebook as a file, with everything in it that it keeps outside.',
    parameters: stream,
    answers: { 'application/x-ipynb+json': z.looseObject({}).describe('nbformat JSON.') },
    refusals: ['not-found', 'unknown-stream', 'unknown-notebook']
  },
  {
    id: 'storeValues',
    method: 'POST',
    path: '/artifacts/uploads',
    tag: 'Notebooks',
    summary: 'Makes artifacts of several whole values; for the runtime of the notebook alone.',
    description: `The body begins with a line of JSON, a list of \`{upload, mediaType, bytes}\`, and goes on with the bytes of the values, one after the other; ${MIB} MiB at most. All of them are stored, or the first refusal is the answer; the same again gives the same.`,
    parameters: stream,
    body: { 'application/octet-stream': { text: 'The line of JSON, and the bytes.' } },
    answers: {
      'application/json': z.strictObject({
        links: z.array(ArtifactLink).describe('In the order of the values.')
      })
    },
    refusals: ['body-too-large', 'not-found', 'unknown-notebook', 'journal-full']
  },
  {
    id: 'uploadPiece',
    method: 'POST',
    path: '/artifacts/uploads/{id}',
    tag: 'Notebooks',
    summary: 'Writes to an upload from an offset on; for the runtime of the notebook alone.',
    description: `What was behind the offset is gone. Answered once it is on the disk. A piece has ${MIB} MiB at most.`,
    parameters: {
      ...stream,
      offset: {
        in: 'query',
        schema: z.int().min(0).describe('How much of the upload stays.'),
        required: true
      }
    },
    body: { 'application/octet-stream': { text: 'The bytes.' } },
    answers: { 'application/json': z.strictObject({ length: z.int().min(0) }) },
    refusals: ['body-too-large', 'not-found', 'unknown-notebook', 'upload-behind', 'journal-full']
  },
  {
    id: 'commitUpload',
    method: 'POST',
    path: '/artifacts/uploads/{id}/commit',
    tag: 'Notebooks',
    summary: 'Makes an artifact of an upload; for the runtime of the notebook alone.',
    description: 'The same again gives the same.',
    parameters: {
      ...stream,
      length: {
        in: 'query',
        schema: z.int().min(0).describe('How many bytes it has.'),
        required: true
      }
    },
    body: { 'application/json': CommitBody },
    bodyExample: { mediaType: 'text/plain' },
    answers: { 'application/json': ArtifactLink },
    refusals: ['body-too-large', 'not-found', 'unknown-notebook', 'upload-behind', 'journal-full']
  }
];
