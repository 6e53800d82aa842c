/** What the fold of outputs reads of a kernel's message, and how. Pure. */
import type { Json } from '../../../schema/index.js';
import { LongText } from './long-text.js';

/** What a fold needs of a message of the kernel. */
export interface OutputMessage {
  readonly header: { readonly msg_type: string };
  readonly content: Readonly<Record<string, unknown>>;
}

/** A text, or nbformat's list of lines; '' for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : Array.isArray(value) ? value.join('') : '';
}

/** The value as an object; an empty one for what is none. */
export function objectOf(value: unknown): Json {
  return (typeof value === 'object' && value !== null ? value : {}) as Json;
}

/** The display that a message makes or updates; undefined if it has no id. */
export function displayId(content: OutputMessage['content']): string | undefined {
  const transient = content.transient as { display_id?: unknown } | null | undefined;
  return typeof transient?.display_id === 'string' ? transient.display_id : undefined;
}

/**
 * What a message of another run is to a cell: the update of a display that may stand there, also where
 * that one shows it again; undefined for any other message.
 */
export function asUpdate<T extends OutputMessage>(message: T): T | undefined {
  const type = 'update_display_data';
  return displayId(message.content) === undefined
    ? undefined
    : { ...message, header: { ...message.header, msg_type: type } };
}

/** UTF-16 units that a message holds, about; for what waits. */
export function sizeOf({ content }: OutputMessage): number {
  return 100 + unitsIn(content) + unitsIn(content.data);
}

function unitsIn(value: unknown): number {
  let units = 0;
  for (const part of Object.values((value ?? {}) as Record<string, unknown>)) {
    // A list of lines, as tracebacks are, too.
    for (const text of Array.isArray(part) ? part : [part]) {
      units += typeof text === 'string' ? text.length : text instanceof LongText ? text.bytes : 0;
    }
  }
  return units;
}
