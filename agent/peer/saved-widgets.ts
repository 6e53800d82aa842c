/**
 * What one room says about widgets, and the state of them that it keeps for when no kernel has them:
 * `metadata.widgets`, plain JSON, as JupyterLab's widget manager and nbclient write it.
 */
import * as Y from 'yjs';
import type { JsonObject } from '../../schema/index.js';
import { isRecord } from '../core/json.js';
import { modelsShown } from '../core/outputs/widget-state.js';
import type { WidgetRoom } from '../ports/runtime.js';
import { RUNTIME_ORIGIN } from './shared-notebook.js';

const KEY = 'widgets';

/** The presence of a page that saves the state by itself, as its person has set JupyterLab to do. */
const SAVES = 'colophonSavesWidgets';

export class SharedWidgets implements WidgetRoom {
  readonly #doc: Y.Doc;
  readonly #presence: () => Iterable<unknown>;

  /** @param presence The awareness states of the other peers. */
  constructor(doc: Y.Doc, presence: () => Iterable<unknown>) {
    this.#doc = doc;
    this.#presence = presence;
  }

  shown(): Set<string> {
    const found = new Set<string>();
    for (const cell of this.#doc.getArray<Y.Map<unknown>>('cells')) {
      const outputs = cell.get('outputs');
      for (const output of outputs instanceof Y.Array ? outputs : []) {
        const data: unknown = output instanceof Y.Map ? output.get('data') : undefined;
        if (data !== undefined) {
          modelsShown({ ...(data as object) }, found);
        }
      }
    }
    return found;
  }

  saved(): unknown {
    return this.#metadata()?.get(KEY);
  }

  save(value: JsonObject | undefined): void {
    this.#doc.transact(() => {
      if (value === undefined) {
        this.#metadata()?.delete(KEY);
      } else {
        this.#metadata()?.set(KEY, value);
      }
    }, RUNTIME_ORIGIN);
  }

  wanted(): boolean {
    const colophon = this.#metadata()?.get('colophon');
    const off = isRecord(colophon) && colophon['widgets'] === false;
    return !off && ![...this.#presence()].some(peer => isRecord(peer) && peer[SAVES] === true);
  }

  #metadata(): Y.Map<unknown> | undefined {
    const metadata = this.#doc.getMap('meta').get('metadata');
    return metadata instanceof Y.Map ? (metadata as Y.Map<unknown>) : undefined;
  }
}
