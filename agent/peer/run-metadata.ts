/**
 * What an execute request says about its cell besides the code, as JupyterLab says it: the cell's own
 * metadata, its id, the cells deleted since the request before, and that times are recorded.
 */
import * as Y from 'yjs';
import type { CellId, JsonObject } from '../../schema/index.js';
import { toJsonRecord } from '../core/json.js';

export class RunMetadata {
  readonly #doc: Y.Doc;
  #told: ReadonlySet<string> = new Set();

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** To be asked once for each request. */
  of(cellId: CellId): JsonObject {
    const cells = this.#doc.getArray<Y.Map<unknown>>('cells').toArray();
    const present = new Set(cells.map(cell => String(cell.get('id'))));
    const deletedCells = [...this.#told].filter(id => !present.has(id));
    this.#told = present;
    const metadata = cells.find(cell => cell.get('id') === cellId)?.get('metadata');
    const own = metadata instanceof Y.Map ? metadata.toJSON() : metadata;
    return { ...toJsonRecord(own), deletedCells, recordTiming: true, cellId };
  }
}
