/** Facts about the notebook as a whole. Stated by the mirror. */
import { z } from 'zod';
import { JsonObject } from '../json.js';
import { about } from './about.js';

const path = z.string().describe('Path of the file below the server’s root.');

export const NotebookOpened = z
  .strictObject({
    type: z.literal('notebook.opened'),
    v: z.literal(1),
    data: z.strictObject({
      path,
      epoch: z
        .int()
        .min(1)
        .describe("Number of the room's Yjs history, one more at each opening; from 1.")
    })
  })
  .meta(
    about('mirror', 'A room was opened: the path, and the number of its Yjs history.', {
      path: 'analysis.ipynb',
      epoch: 1
    })
  );

export const NotebookRenamed = z
  .strictObject({
    type: z.literal('notebook.renamed'),
    v: z.literal(1),
    data: z.strictObject({
      from: z.string().nullable().describe('The path before; null if it is not known.'),
      to: z.string().describe('The path from now on.')
    })
  })
  .meta(
    about('mirror', 'The file has another path.', { from: 'Untitled.ipynb', to: 'analysis.ipynb' })
  );

/** Top-level keys of the notebook's metadata, or the versions of its format, changed. */
export const NotebookMetadataChanged = z
  .strictObject({
    type: z.literal('notebook.metadata-changed'),
    v: z.literal(1),
    data: z.strictObject({
      set: JsonObject.describe('Keys set to a new value, with it.'),
      removed: z.array(z.string()).describe('Keys removed.'),
      nbformat: z.int().optional().describe("The format's version, where it changed."),
      nbformatMinor: z.int().optional().describe("The format's minor version, where it changed.")
    })
  })
  .meta(
    about(
      'mirror',
      "Keys of the notebook's metadata were set or removed, or its format's version changed.",
      { set: { kernelspec: { name: 'python3', display_name: 'Python 3' } }, removed: [] }
    )
  );

export const NotebookSaved = z
  .strictObject({
    type: z.literal('notebook.saved'),
    v: z.literal(1),
    data: z.strictObject({ path })
  })
  .meta(about('mirror', 'The room wrote the notebook to disk.', { path: 'analysis.ipynb' }));
