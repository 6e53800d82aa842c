/** The page of a type of event: what is on it, in order, whatever it is shown as. */
import type { EventType } from './catalog.js';
import { fieldsOf, type Field } from './fields.js';

export interface EventTypeText {
  readonly title: string;
  readonly summary: string;
  readonly statedBy: string;
  readonly versions: string;
  /** Whether it may be posted, in a sentence. */
  readonly posting: string;
  /** Of `data`, or of the body's payload. */
  readonly fieldsTitle: string;
  readonly fields: readonly Field[];
  readonly example: string;
  readonly schema: string;
  /** How to post it with curl; undefined for what cannot be posted. */
  readonly curl: string | undefined;
}

/** What the page says. */
export function eventTypeText(type: EventType): EventTypeText {
  const { example, own, postable, sent } = type;
  return {
    title: type.type,
    summary: type.summary,
    statedBy: type.statedBy,
    versions: type.versions.join(', '),
    posting: postable
      ? 'Whoever may write to a stream may post it.'
      : 'It cannot be posted: Colophon alone states it.',
    fieldsTitle: fieldsTitleOf(type),
    fields: fieldsOf(own),
    example: JSON.stringify(example, null, 2),
    schema: JSON.stringify(type.schema, null, 2),
    curl: postable ? curlOf(example, sent) : undefined
  };
}

function fieldsTitleOf({ type, example }: EventType): string {
  if (type === 'event.posted') {
    return 'What its sender wrote';
  }
  return 'payload' in example ? 'Fields of `payload`' : 'Fields of `data`';
}

function curlOf(example: EventType['example'], sent: EventType['sent']): string {
  const { streamPath, type, data, payload = data, idempotencyKey } = example;
  const text = JSON.stringify(sent ?? { type, payload, idempotencyKey });
  const body = text.replaceAll("'", String.raw`'\''`);
  return (
    `curl -H "Authorization: token $TOKEN" --json '${body}' \\\n` +
    `  $LAB/colophon/api/streams${String(streamPath)}`
  );
}
