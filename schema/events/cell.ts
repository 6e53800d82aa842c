/** Facts about cells. Only the mirror states them, even for our own edits. */
import { z } from 'zod';
import { CellId } from '../ids.js';
import { JsonObject } from '../json.js';

export const CellType = z.enum(['code', 'markdown', 'raw']);
export type CellType = z.infer<typeof CellType>;

/** `after` is the id of the cell before it, null at the top. */
const Place = { after: CellId.nullable() };

export const CellCreated = z.strictObject({
  type: z.literal('cell.created'),
  v: z.literal(1),
  data: z.strictObject({
    cellId: CellId,
    ...Place,
    cellType: CellType,
    source: z.string(),
    metadata: JsonObject,
    attachments: JsonObject.optional(),
    executionCount: z.int().nullable()
  })
});

export const CellDeleted = z.strictObject({
  type: z.literal('cell.deleted'),
  v: z.literal(1),
  /** What was deleted is kept, so that it can be shown and restored. */
  data: z.strictObject({ cellId: CellId, cellType: CellType, source: z.string() })
});

export const CellMoved = z.strictObject({
  type: z.literal('cell.moved'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, ...Place })
});

/** One splice of the source. Positions and lengths are UTF-16 code units. */
export const SourceSplice = z.strictObject({
  at: z.int().min(0),
  deleted: z.string(),
  inserted: z.string()
});
export type SourceSplice = z.infer<typeof SourceSplice>;

export const CellSourceChanged = z.strictObject({
  type: z.literal('cell.source-changed'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, splice: SourceSplice })
});

export const CellTypeChanged = z.strictObject({
  type: z.literal('cell.type-changed'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, from: CellType, to: CellType })
});

/** Top-level metadata keys; attachments and the execution count are separate facts. */
export const CellMetadataChanged = z.strictObject({
  type: z.literal('cell.metadata-changed'),
  v: z.literal(1),
  data: z.strictObject({
    cellId: CellId,
    set: JsonObject,
    removed: z.array(z.string())
  })
});

export const CellAttachmentsChanged = z.strictObject({
  type: z.literal('cell.attachments-changed'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, attachments: JsonObject.nullable() })
});

export const CellCountChanged = z.strictObject({
  type: z.literal('cell.count-changed'),
  v: z.literal(1),
  data: z.strictObject({ cellId: CellId, executionCount: z.int().nullable() })
});
