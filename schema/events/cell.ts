/** Facts about cells. Only the mirror states them, even for our own edits. */
import { z } from 'zod';
import { CellId } from '../ids.js';
import { JsonObject } from '../json.js';
import { about } from './about.js';

export const CellType = z.enum(['code', 'markdown', 'raw']);
export type CellType = z.infer<typeof CellType>;

const Place = { after: CellId.nullable().describe('Id of the cell before it; null at the top.') };
const cellType = CellType.describe('Kind of the cell.');
const executionCount = z
  .int()
  .nullable()
  .describe('The number in the prompt of a code cell; null for none.');
const ID = '7f3c2a10';

export const CellCreated = z
  .strictObject({
    type: z.literal('cell.created'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      ...Place,
      cellType,
      source: z.string().describe('The text of the cell.'),
      metadata: JsonObject.describe("The cell's metadata."),
      attachments: JsonObject.optional().describe('Attachments by name, as nbformat has them.'),
      executionCount
    })
  })
  .meta(
    about(
      'mirror',
      'A cell is new, behind another or at the top, with its type, source and metadata.',
      {
        cellId: ID,
        after: null,
        cellType: 'code',
        source: 'print("hello")',
        metadata: {},
        executionCount: null
      }
    )
  );

export const CellDeleted = z
  .strictObject({
    type: z.literal('cell.deleted'),
    v: z.literal(1),
    /** What was deleted is kept, so that it can be shown and restored. */
    data: z.strictObject({
      cellId: CellId,
      cellType,
      source: z.string().describe('The text that it had.')
    })
  })
  .meta(
    about('mirror', 'A cell is gone; its type and source are kept here.', {
      cellId: ID,
      cellType: 'code',
      source: 'print("hello")'
    })
  );

export const CellMoved = z
  .strictObject({
    type: z.literal('cell.moved'),
    v: z.literal(1),
    data: z.strictObject({ cellId: CellId, ...Place })
  })
  .meta(
    about('mirror', 'A cell stands behind another one than before.', {
      cellId: ID,
      after: '0c9e41d2'
    })
  );

/** One splice of the source. Positions and lengths are UTF-16 code units. */
export const SourceSplice = z.strictObject({
  at: z.int().min(0).describe('Where, in UTF-16 code units from the beginning.'),
  deleted: z.string().describe('What stood there.'),
  inserted: z.string().describe('What stands there now.')
});
export type SourceSplice = z.infer<typeof SourceSplice>;

export const CellSourceChanged = z
  .strictObject({
    type: z.literal('cell.source-changed'),
    v: z.literal(1),
    data: z.strictObject({ cellId: CellId, splice: SourceSplice.describe('The change.') })
  })
  .meta(
    about(
      'mirror',
      'One splice of a source: where, what was deleted, what was inserted (UTF-16 code units).',
      { cellId: ID, splice: { at: 7, deleted: 'hello', inserted: 'goodbye' } }
    )
  );

export const CellTypeChanged = z
  .strictObject({
    type: z.literal('cell.type-changed'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      from: CellType.describe('The kind before.'),
      to: CellType.describe('The kind from now on.')
    })
  })
  .meta(
    about('mirror', 'A cell is of another type, and has kept its id.', {
      cellId: ID,
      from: 'code',
      to: 'markdown'
    })
  );

/** Top-level metadata keys; attachments and the execution count are separate facts. */
export const CellMetadataChanged = z
  .strictObject({
    type: z.literal('cell.metadata-changed'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      set: JsonObject.describe('Keys set to a new value, with it.'),
      removed: z.array(z.string()).describe('Keys removed.')
    })
  })
  .meta(
    about('mirror', "Keys of a cell's metadata were set or removed.", {
      cellId: ID,
      set: { tags: ['parameters'] },
      removed: ['collapsed']
    })
  );

export const CellAttachmentsChanged = z
  .strictObject({
    type: z.literal('cell.attachments-changed'),
    v: z.literal(1),
    data: z.strictObject({
      cellId: CellId,
      attachments: JsonObject.nullable().describe('All attachments by name; null for none.')
    })
  })
  .meta(
    about('mirror', 'A cell has other attachments, or none.', { cellId: ID, attachments: null })
  );

export const CellCountChanged = z
  .strictObject({
    type: z.literal('cell.count-changed'),
    v: z.literal(1),
    data: z.strictObject({ cellId: CellId, executionCount })
  })
  .meta(
    about('mirror', 'A cell shows another execution count, or none.', {
      cellId: ID,
      executionCount: 3
    })
  );
