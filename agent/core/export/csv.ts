/** Events as CSV (RFC 4180): one row per event, the columns of docs/guide/export.md, UTF-8. */
import { published, type Event } from '../../../schema/index.js';

const COLUMNS = [
  'stream',
  'offset',
  'at',
  'type',
  'actor_kind',
  'actor_id',
  'actor_name',
  'on_behalf_of',
  'via',
  'assurance',
  'causation_id',
  'correlation_id',
  'id',
  'data'
] as const;

/** The whole file, line by line, each with its end. */
export function* csvOf(events: Iterable<Event>): Generator<string> {
  yield csvLine(COLUMNS);
  for (const event of events) {
    yield csvLine(valuesOf(event));
  }
}

function valuesOf(event: Event): readonly (string | undefined)[] {
  const { actor } = event;
  const shown = published(event);
  return [
    event.stream,
    String(event.offset),
    event.at,
    shown.type,
    actor.kind,
    actor.id,
    actor.name,
    actor.onBehalfOf?.id,
    actor.via?.id,
    event.assurance,
    event.causationId,
    event.correlationId,
    event.id,
    JSON.stringify('payload' in shown ? shown.payload : event.data)
  ];
}

/** One line of RFC 4180 with its end; nothing for undefined. */
export function csvLine(values: readonly (string | number | undefined)[]): string {
  return `${values.map(quoted).join(',')}\r\n`;
}

function quoted(value: string | number = ''): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
