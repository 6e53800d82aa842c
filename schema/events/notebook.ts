/** Facts about the notebook as a whole. Stated by the mirror. */
import { z } from 'zod';
import { JsonObject } from '../json.js';

export const NotebookOpened = z.strictObject({
  type: z.literal('notebook.opened'),
  v: z.literal(1),
  data: z.strictObject({
    path: z.string(),
    /** Number of the room's Yjs history, one more at each opening; from 1. */
    epoch: z.int().min(1)
  })
});

export const NotebookRenamed = z.strictObject({
  type: z.literal('notebook.renamed'),
  v: z.literal(1),
  data: z.strictObject({ from: z.string().nullable(), to: z.string() })
});

/** Top-level keys of the notebook's metadata, or the versions of its format, changed. */
export const NotebookMetadataChanged = z.strictObject({
  type: z.literal('notebook.metadata-changed'),
  v: z.literal(1),
  data: z.strictObject({
    /** Keys set to a new value. */
    set: JsonObject,
    /** Keys removed. */
    removed: z.array(z.string()),
    /** The format's versions, where they changed. */
    nbformat: z.int().optional(),
    nbformatMinor: z.int().optional()
  })
});

export const NotebookSaved = z.strictObject({
  type: z.literal('notebook.saved'),
  v: z.literal(1),
  data: z.strictObject({ path: z.string() })
});
