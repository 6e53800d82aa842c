/**
 * The outputs of one cell as a fold over IOPub messages, by nbclient's rules (streams joined by name,
 * clear_output with and without wait, display updates by id), with JupyterLab's terminal text.
 * Knows nothing of Yjs. Guarantees: an output object never changes; a changed output is a new object.
 */
import type { Json } from '../../../schema/index.js';
import { EMPTY_TEXT, print } from './terminal-text.js';

/** What a fold needs of a message of the kernel. */
export interface OutputMessage {
  readonly header: { readonly msg_type: string };
  readonly content: Readonly<Record<string, unknown>>;
}

/** An nbformat output; a stream's text is one string. */
export type Output = { readonly output_type: string } & Readonly<Record<string, Json>>;

/** What the outputs themselves do not show, but the next message needs. */
export interface OutputMemory {
  /** Where the next character of the last stream goes. */
  readonly cursor: number;
  /** clear_output(wait=True) was called; the next output clears. */
  readonly clearNext: boolean;
  /** Positions of the outputs of each display id. */
  readonly displays: Readonly<Record<string, readonly number[]>>;
}

export const NO_MEMORY: OutputMemory = { cursor: 0, clearNext: false, displays: {} };

/** Behind outputs of which nothing else is known: text goes on at their end. */
export function memoryBehind(outputs: readonly Output[]): OutputMemory {
  const last = outputs.at(-1);
  return {
    ...NO_MEMORY,
    cursor: last?.output_type === 'stream' ? text(last.text).length : 0
  };
}

export class CellOutputs {
  /** Ascending; replaced, never edited, by the owner only through this class. */
  readonly list: Output[];
  #cursor: number;
  #clearNext: boolean;
  #displays: Map<string, number[]>;

  constructor(list: readonly Output[] = [], memory: OutputMemory = NO_MEMORY) {
    this.list = [...list];
    this.#cursor = memory.cursor;
    this.#clearNext = memory.clearNext;
    this.#displays = new Map(
      Object.entries(memory.displays).map(([id, positions]) => [id, [...positions]])
    );
  }

  memory(): OutputMemory {
    return {
      cursor: this.#cursor,
      clearNext: this.#clearNext,
      displays: Object.fromEntries(this.#displays)
    };
  }

  /** Takes one message; other types than outputs change nothing. */
  take(message: OutputMessage): void {
    const { content } = message;
    switch (message.header.msg_type) {
      case 'stream':
        this.#stream(text(content.name), text(content.text));
        break;
      case 'display_data':
      case 'execute_result':
        this.#display(message);
        break;
      case 'update_display_data':
        this.#update(displayId(content), content);
        break;
      case 'error':
        this.#append({
          output_type: 'error',
          ename: text(content.ename),
          evalue: text(content.evalue),
          traceback: (content.traceback ?? []) as Json
        });
        break;
      case 'clear_output':
        if (content.wait === true) {
          this.#clearNext = true;
        } else {
          this.#clear();
        }
        break;
      default:
    }
  }

  #stream(name: string, added: string): void {
    this.#clearIfAsked();
    const last = this.list.at(-1);
    if (last?.output_type === 'stream' && last.name === name) {
      const screen = print({ text: text(last.text), cursor: this.#cursor }, added);
      this.list[this.list.length - 1] = { ...last, text: screen.text };
      this.#cursor = screen.cursor;
      return;
    }
    const screen = print(EMPTY_TEXT, added);
    this.list.push({ output_type: 'stream', name, text: screen.text });
    this.#cursor = screen.cursor;
  }

  #display(message: OutputMessage): void {
    const { content } = message;
    const id = displayId(content);
    this.#update(id, content);
    this.#clearIfAsked();
    if (id !== undefined) {
      const positions = this.#displays.get(id) ?? [];
      this.#displays.set(id, [...positions, this.list.length]);
    }
    const bundle = { data: object(content.data), metadata: object(content.metadata) };
    this.list.push(
      message.header.msg_type === 'execute_result'
        ? {
            output_type: 'execute_result',
            ...bundle,
            execution_count: (content.execution_count ?? null) as Json
          }
        : { output_type: 'display_data', ...bundle }
    );
  }

  #update(id: string | undefined, content: OutputMessage['content']): void {
    for (const position of id === undefined ? [] : (this.#displays.get(id) ?? [])) {
      const output = this.list[position];
      if (output !== undefined) {
        const bundle = { data: object(content.data), metadata: object(content.metadata) };
        this.list[position] = { ...output, ...bundle };
      }
    }
  }

  #append(output: Output): void {
    this.#clearIfAsked();
    this.list.push(output);
  }

  #clearIfAsked(): void {
    if (this.#clearNext) {
      this.#clearNext = false;
      this.#clear();
    }
  }

  #clear(): void {
    this.list.length = 0;
    this.#displays.clear();
    this.#cursor = 0;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join('') : '';
}

function object(value: unknown): Json {
  return (typeof value === 'object' && value !== null ? value : {}) as Json;
}

/** The display that a message makes or updates; undefined if it has no id. */
export function displayId(content: OutputMessage['content']): string | undefined {
  const transient = content.transient as { display_id?: unknown } | null | undefined;
  return typeof transient?.display_id === 'string' ? transient.display_id : undefined;
}
