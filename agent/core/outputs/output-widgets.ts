/**
 * The Output widgets of ipywidgets as a fold over IOPub messages, by nbclient's rules: while code of a
 * run is inside one, the run's outputs are the widget's and not the cell's. The kernel keeps a widget's
 * outputs and tells every page, but a front end must give them to it. Pure.
 * Guarantees: only runs that the caller calls its own are watched; those of pages are theirs.
 */
import { CellOutputs } from './cell-outputs.js';
import { memoryBehind } from './output-memory.js';
import type { Output } from './output.js';
import type { OutputMessage } from './output-message.js';

/** A message of the kernel, with the request that it belongs to. */
export interface WidgetMessage extends OutputMessage {
  readonly parent_header: { readonly msg_id?: string };
}

/** What the caller has to do for a message. */
export interface WidgetStep {
  /** The message is an output of the widget, so it is none of the cell. */
  readonly captured: boolean;
  /** The kernel has to be given the outputs of this widget. */
  readonly changed?: string;
  /** What this widget shows is not known: its state has to be asked for. */
  readonly ask?: string;
}

interface OutputWidget {
  outputs: CellOutputs;
  /** Messages that wait for what the widget shows already; undefined once that is known. */
  held: OutputMessage[] | undefined;
}

interface WidgetState {
  readonly _model_name?: unknown;
  readonly msg_id?: unknown;
  readonly outputs?: unknown;
}

const NOTHING: WidgetStep = { captured: false };

export class OutputWidgets {
  readonly #widgets = new Map<string, OutputWidget>();
  /** The widgets that a run is inside of, the innermost last. */
  readonly #inside = new Map<string, string[]>();

  /** `own`: whether a request is one of the caller's runs, or something that the caller sent to a widget. */
  take(
    message: WidgetMessage,
    isOutput: boolean,
    own: { readonly run: string | undefined; readonly sent: (messageId: string) => boolean }
  ): WidgetStep {
    const { content } = message;
    const parent = message.parent_header.msg_id ?? '';
    const commId = typeof content.comm_id === 'string' ? content.comm_id : '';
    const { method, state } = (content.data ?? {}) as { method?: unknown; state?: WidgetState };
    switch (message.header.msg_type) {
      case 'comm_open':
        if (state?._model_name === 'OutputModel') {
          this.#widgets.set(commId, { outputs: foldOf(state), held: undefined });
        }
        return NOTHING;
      case 'comm_close':
        this.#widgets.delete(commId);
        this.#leave(commId);
        return NOTHING;
      case 'comm_msg':
        if (method === 'update_states') {
          this.#toldAll((content.data as { states?: unknown }).states);
          return NOTHING;
        }
        if (state === undefined || (method === 'echo_update' && own.sent(parent))) {
          return NOTHING;
        }
        return this.#told(commId, state, parent, own.run);
      default:
        return isOutput ? this.#output(message, parent) : NOTHING;
    }
  }

  outputs(commId: string): readonly Output[] {
    return this.#widgets.get(commId)?.outputs.list ?? [];
  }

  /** The kernel's answer to somebody who has come later. */
  #toldAll(states: unknown): void {
    for (const [commId, told] of Object.entries((states ?? {}) as Record<string, unknown>)) {
      const { state } = (told ?? {}) as { state?: WidgetState };
      if (state?._model_name === 'OutputModel' && !this.#widgets.has(commId)) {
        this.#widgets.set(commId, { outputs: foldOf(state), held: undefined });
      }
    }
  }

  #told(commId: string, state: WidgetState, parent: string, run: string | undefined): WidgetStep {
    const known = this.#widgets.get(commId);
    let changed = false;
    if (known !== undefined && Array.isArray(state.outputs)) {
      known.outputs = foldOf(state);
      changed = (known.held ?? []).length > 0;
      known.held?.forEach(message => known.outputs.take(message));
      known.held = undefined;
    }
    if (state.msg_id === '') {
      this.#leave(commId);
    } else if (state.msg_id !== undefined && state.msg_id === parent && parent === run) {
      this.#inside.set(run, [...(this.#inside.get(run) ?? []), commId]);
      if (known === undefined) {
        this.#widgets.set(commId, { outputs: new CellOutputs(), held: [] });
        return { captured: false, ask: commId };
      }
    }
    return changed ? { captured: false, changed: commId } : NOTHING;
  }

  #output(message: OutputMessage, parent: string): WidgetStep {
    const commId = this.#inside.get(parent)?.at(-1);
    const widget = commId === undefined ? undefined : this.#widgets.get(commId);
    if (commId === undefined || widget === undefined) {
      return NOTHING;
    }
    if (widget.held !== undefined) {
      widget.held.push(message);
      return { captured: true };
    }
    widget.outputs.take(message);
    return { captured: true, changed: commId };
  }

  #leave(commId: string): void {
    for (const [run, inside] of this.#inside) {
      const left = inside.filter(each => each !== commId);
      if (left.length === 0) {
        this.#inside.delete(run);
      } else {
        this.#inside.set(run, left);
      }
    }
  }
}

function foldOf(state: WidgetState): CellOutputs {
  const list = (Array.isArray(state.outputs) ? state.outputs : []) as Output[];
  return new CellOutputs(list, memoryBehind(list));
}
