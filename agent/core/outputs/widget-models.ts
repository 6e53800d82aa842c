/**
 * The widgets of ipywidgets as a fold over IOPub messages: each model's state as the kernel last told
 * it, binary buffers apart. Pure. Guarantees: a model is known from its opening, or from the kernel's
 * answer to who asks for all; a closed one is forgotten for good; no more than a bounded size is kept,
 * of what changed last.
 */
import type { Json, JsonObject } from '../../../schema/index.js';
import { isRecord } from '../json.js';
import type { OutputMessage } from './output-message.js';

/** A message of the kernel; `buffers` in base64. */
export interface CommMessage extends OutputMessage {
  readonly buffers?: readonly string[];
}

type Path = readonly (string | number)[];

/** A part of a state that is bytes; `path` is where it belongs in the state. */
export interface WidgetBuffer {
  readonly path: Path;
  /** Base64. */
  readonly data: string;
}

/** One model at one moment; never changed, but replaced. */
export interface WidgetModel {
  readonly state: JsonObject;
  readonly buffers: readonly WidgetBuffer[];
}

const TARGET = 'jupyter.widget';

/** Characters of all states and buffers together. */
const MOST = 64 * 2 ** 20;

export class WidgetModels {
  readonly #models = new Map<string, WidgetModel>();
  readonly #sizes = new Map<string, number>();
  readonly #closed = new Set<string>();
  readonly #unheard = new Set<string>();
  #size = 0;

  /** Undefined: never heard of, closed, or let go for its size. */
  get(id: string): WidgetModel | undefined {
    return this.#models.get(id);
  }

  get ids(): Iterable<string> {
    return this.#models.keys();
  }

  isClosed(id: string): boolean {
    return this.#closed.has(id);
  }

  /** It has changed, and its whole state was not heard. */
  isUnheard(id: string): boolean {
    return this.#unheard.has(id);
  }

  /** Whether the message has changed a model. */
  take(message: CommMessage): boolean {
    const { content, buffers = [] } = message;
    const id = typeof content.comm_id === 'string' ? content.comm_id : '';
    const data = isRecord(content.data) ? content.data : {};
    switch (message.header.msg_type) {
      case 'comm_open':
        return content.target_name === TARGET && this.#set(id, NEW, data, buffers);
      case 'comm_msg':
        if (data['method'] === 'update_states') {
          return this.#toldAll(data, buffers);
        }
        return this.#changed(id, data, buffers);
      case 'comm_close':
        return this.#close(id);
      default:
        return false;
    }
  }

  #changed(id: string, data: Record<string, unknown>, buffers: readonly string[]): boolean {
    const model = this.#models.get(id);
    if (data['method'] !== 'update' && data['method'] !== 'echo_update') {
      return false;
    }
    if (model === undefined) {
      const known = this.#closed.has(id) || this.#unheard.has(id);
      this.#unheard.add(id);
      return !known;
    }
    return this.#set(id, model, data, buffers);
  }

  /** The answer to a page or to us: every model that the kernel has. */
  #toldAll(data: Record<string, unknown>, buffers: readonly string[]): boolean {
    const states = isRecord(data['states']) ? data['states'] : {};
    const all = placed(data['buffer_paths'], buffers);
    let changed = false;
    for (const [id, told] of Object.entries(states)) {
      const own = all.filter(({ path }) => path[0] === id);
      const state = isRecord(told) && isRecord(told['state']) ? told['state'] : {};
      const inside = own.map(({ path, data: bytes }) => ({
        // Of a model, or of its state: both are sent.
        path: path.slice(path[1] === 'state' ? 2 : 1),
        data: bytes
      }));
      changed = this.#keep(id, merged(NEW, state, inside)) || changed;
    }
    return changed;
  }

  #set(
    id: string,
    model: WidgetModel,
    { state, buffer_paths }: Record<string, unknown>,
    buffers: readonly string[]
  ): boolean {
    return isRecord(state) && this.#keep(id, merged(model, state, placed(buffer_paths, buffers)));
  }

  #keep(id: string, model: WidgetModel): boolean {
    const size =
      JSON.stringify(model.state).length +
      model.buffers.reduce((sum, { data }) => sum + data.length, 0);
    this.#forget(id);
    this.#closed.delete(id);
    this.#unheard.delete(id);
    this.#models.set(id, model);
    this.#sizes.set(id, size);
    this.#size += size;
    for (const oldest of this.#models.keys()) {
      if (this.#size <= MOST) {
        break;
      }
      this.#forget(oldest);
    }
    return true;
  }

  #close(id: string): boolean {
    const known = this.#models.has(id) || this.#unheard.delete(id);
    this.#forget(id);
    this.#closed.add(id);
    return known;
  }

  #forget(id: string): void {
    this.#size -= this.#sizes.get(id) ?? 0;
    this.#sizes.delete(id);
    this.#models.delete(id);
  }
}

const NEW: WidgetModel = { state: {}, buffers: [] };

/** A key that is set anew loses the buffers that it had. */
function merged(
  model: WidgetModel,
  state: Record<string, unknown>,
  buffers: readonly WidgetBuffer[]
): WidgetModel {
  const bytes = new Set(buffers.filter(({ path }) => path.length === 1).map(({ path }) => path[0]));
  const set = new Set([...Object.keys(state), ...buffers.map(({ path }) => path[0])]);
  const kept = Object.entries(model.state).filter(([key]) => !bytes.has(key));
  return {
    state: { ...Object.fromEntries(kept), ...(state as Record<string, Json>) },
    buffers: [...model.buffers.filter(({ path }) => !set.has(path[0])), ...buffers]
  };
}

function placed(paths: unknown, buffers: readonly string[]): WidgetBuffer[] {
  const list = Array.isArray(paths) ? (paths as Path[]) : [];
  return list.flatMap((path, index) => {
    const data = buffers[index];
    return data === undefined || !Array.isArray(path) ? [] : [{ path, data }];
  });
}
