/**
 * Facts about the outputs of code cells, stated by the mirror. An output is described by its kind,
 * size and digest; its bytes are in the document updates that the journal keeps, not in the event.
 */
import { z } from 'zod';
import { CellId, Digest } from '../ids.js';
import { about } from './about.js';

export const OutputSummary = z.strictObject({
  outputType: z
    .enum(['stream', 'display_data', 'execute_result', 'error'])
    .describe('Kind of the output, as nbformat names it.'),
  name: z
    .string()
    .optional()
    .describe("stream: `stdout` or `stderr`; error: the exception's name."),
  mimeTypes: z.array(z.string()).optional().describe('MIME types of a display, sorted.'),
  preview: z
    .string()
    .max(512)
    .describe('Beginning of the text, at most 512 UTF-16 code units; for people and logs.'),
  artifacts: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('What it refers to outside the document: hashes of artifacts, ids of uploads.'),
  bytes: z.int().min(0).describe("Length of the output's canonical JSON in UTF-8 bytes."),
  digest: Digest.describe("SHA-256 of the output's canonical JSON.")
});
export type OutputSummary = z.infer<typeof OutputSummary>;

const index = z.int().min(0).describe('Position among the outputs of the cell; from 0.');

const EXAMPLE = {
  outputType: 'stream',
  name: 'stdout',
  preview: 'hello\n',
  bytes: 57,
  digest: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'
};

/** New outputs at the end. */
export const OutputAdded = z
  .strictObject({
    type: z.literal('output.added'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      index: index.describe('Position of the first of them; from 0.'),
      outputs: z.array(OutputSummary).min(1).describe('The new outputs, in order.')
    })
  })
  .meta(
    about('mirror', 'Outputs were appended; each by kind, beginning, length and digest.', {
      cellId: '7f3c2a10',
      index: 0,
      outputs: [EXAMPLE]
    })
  );

/** One output changed in place: a stream grew, a display was updated. */
export const OutputChanged = z
  .strictObject({
    type: z.literal('output.changed'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      index,
      output: OutputSummary.describe('The output as it is now.')
    })
  })
  .meta(
    about('mirror', 'One output changed in place: a stream grew, a display was updated.', {
      cellId: '7f3c2a10',
      index: 0,
      output: EXAMPLE
    })
  );

/** Outputs from `index` on were removed; `count` of them. */
export const OutputCleared = z
  .strictObject({
    type: z.literal('output.cleared'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      index: index.describe('Position of the first that was removed; from 0.'),
      count: z.int().min(1).describe('How many were removed.')
    })
  })
  .meta(
    about('mirror', 'Outputs from an index on were removed.', {
      cellId: '7f3c2a10',
      index: 0,
      count: 2
    })
  );
