/**
 * The state of widgets as a notebook keeps it (`metadata.widgets`, the schema of ipywidgets), from what
 * the outputs show, the living models, and what was saved before. Pure.
 * Guarantees: it has what the outputs show and everything that this refers to, and nothing else; what no
 * kernel knows any more stays as it was saved; its size is bounded.
 */
import type { Json, JsonObject } from '../../../schema/index.js';
import { isRecord } from '../json.js';
import type { WidgetModel, WidgetModels } from './widget-models.js';

/** The key in `metadata.widgets`. */
export const WIDGET_STATE = 'application/vnd.jupyter.widget-state+json';

/** An output that shows a widget. */
export const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';
const REFERENCE = 'IPY_MODEL_';

/** Characters of the whole state; widgets whose state would exceed it are left out. */
const MOST_SAVED = 4 * 2 ** 20;

export interface SavedWidgets {
  /** For `metadata.widgets`; undefined: nothing is to be saved. */
  readonly value: JsonObject | undefined;
  /** Something is shown that neither the models nor the saved state have as it is now. */
  readonly unknown: boolean;
}

/**
 * @param shown Ids of the models that the outputs show, in the notebook's order; see `modelsShown`.
 * @param before `metadata.widgets` as it is.
 */
export function savedWidgets(
  models: WidgetModels,
  shown: Iterable<string>,
  before: unknown,
  most = MOST_SAVED
): SavedWidgets {
  const old = stateIn(before);
  const known = (id: string): JsonObject | undefined => {
    const model = models.get(id);
    const saved = models.isClosed(id) ? undefined : old[id];
    return model === undefined
      ? isRecord(saved)
        ? (saved as JsonObject)
        : undefined
      : entry(model);
  };
  const kept = new Map<string, JsonObject>();
  let size = 0;
  let unknown = false;
  const keep = (root: string): void => {
    const found = closure(root, known, kept);
    const added = JSON.stringify([...found]).length;
    if (size + added <= most) {
      found.forEach((value, id) => kept.set(id, value));
      size += added;
    }
  };
  for (const id of shown) {
    unknown ||= models.get(id) === undefined && old[id] === undefined && !models.isClosed(id);
    keep(id);
  }
  for (const id of invisibleLinks(models, kept)) {
    keep(id);
  }
  unknown ||= [...kept.keys()].some(id => models.isUnheard(id));
  const { [WIDGET_STATE]: _old, ...other } = (isRecord(before) ? before : {}) as JsonObject;
  if (kept.size === 0) {
    return { value: Object.keys(other).length === 0 ? undefined : other, unknown };
  }
  const state = Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
  const saved = { version_major: 2, version_minor: 0, state };
  return { value: { ...other, [WIDGET_STATE]: saved }, unknown };
}

/** The models that a value refers to: an output, its data, a model's state. */
export function modelsShown(value: unknown, found: Set<string> = new Set()): Set<string> {
  if (typeof value === 'string') {
    if (value.startsWith(REFERENCE)) {
      found.add(value.slice(REFERENCE.length));
    }
  } else if (Array.isArray(value)) {
    value.forEach(each => modelsShown(each, found));
  } else if (isRecord(value)) {
    const view = value[WIDGET_VIEW];
    if (isRecord(view) && typeof view['model_id'] === 'string' && view['model_id'] !== '') {
      found.add(view['model_id']);
    }
    Object.values(value).forEach(each => modelsShown(each, found));
  }
  return found;
}

/** A model and all that it refers to, without what is kept already. */
function closure(
  root: string,
  known: (id: string) => JsonObject | undefined,
  kept: ReadonlyMap<string, unknown>
): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const waiting = [root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const value = kept.has(id) || found.has(id) ? undefined : known(id);
    if (value !== undefined) {
      found.set(id, value);
      waiting.push(...modelsShown(value['state']));
    }
  }
  return found;
}

/** Living models without a view that refer to what is kept, as a link between two sliders does. */
function invisibleLinks(models: WidgetModels, kept: ReadonlyMap<string, unknown>): string[] {
  return [...models.ids].filter(id => {
    const state = models.get(id)?.state ?? {};
    const invisible = state['_view_name'] === null || state['_view_name'] === undefined;
    return invisible && !kept.has(id) && [...modelsShown(state)].some(each => kept.has(each));
  });
}

function stateIn(widgets: unknown): Record<string, unknown> {
  const saved = isRecord(widgets) ? widgets[WIDGET_STATE] : undefined;
  const state = isRecord(saved) ? saved['state'] : undefined;
  return isRecord(state) ? state : {};
}

/** As nbclient writes it. */
function entry({ state, buffers }: WidgetModel): JsonObject {
  const encoded = buffers.map(({ path, data }): Json => ({
    path: [...path],
    data,
    encoding: 'base64'
  }));
  return {
    model_name: state['_model_name'] ?? '',
    model_module: state['_model_module'] ?? '',
    model_module_version: state['_model_module_version'] ?? '',
    state,
    ...(encoded.length > 0 && { buffers: encoded })
  };
}
