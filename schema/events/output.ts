/**
 * Facts about the outputs of code cells, stated by the mirror. An output is described by its kind,
 * size and digest; its bytes are in the document updates that the journal keeps, not in the event.
 */
import { z } from 'zod';
import { CellId, Digest } from '../ids.js';

export const OutputSummary = z.strictObject({
  outputType: z.enum(['stream', 'display_data', 'execute_result', 'error']),
  /** stream: `stdout` or `stderr`; error: the exception's name. */
  name: z.string().optional(),
  /** MIME types of a display, sorted. */
  mimeTypes: z.array(z.string()).optional(),
  /** Beginning of the text, at most 512 UTF-16 code units; for people and logs. */
  preview: z.string().max(512),
  /** Length of the output's canonical JSON in UTF-8 bytes. */
  bytes: z.int().min(0),
  /** SHA-256 of the output's canonical JSON. */
  digest: Digest
});
export type OutputSummary = z.infer<typeof OutputSummary>;

/** New outputs at the end. */
export const OutputAdded = z.strictObject({
  type: z.literal('output.added'),
  v: z.literal(1),
  data: z.strictObject({
    cellId: CellId,
    index: z.int().min(0),
    outputs: z.array(OutputSummary).min(1)
  })
});

/** One output changed in place: a stream grew, a display was updated. */
export const OutputChanged = z.strictObject({
  type: z.literal('output.changed'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, index: z.int().min(0), output: OutputSummary })
});

/** Outputs from `index` on were removed; `count` of them. */
export const OutputCleared = z.strictObject({
  type: z.literal('output.cleared'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, index: z.int().min(0), count: z.int().min(1) })
});
