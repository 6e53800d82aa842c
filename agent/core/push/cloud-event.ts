/**
 * Events as CloudEvents 1.0 in structured mode, out and in. Pure. The id is `<path>@<offset>`, the
 * same however often the event is sent; who did it and where it stands are extension attributes.
 */
import { digestOf } from '../digest.js';
import { published, type Event, type Json, type JsonObject } from '../../../schema/index.js';

/** The content type of one CloudEvent as JSON. */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json';

/** The event as a CloudEvent; `data` stands for the event's own, if it is given. */
export function cloudEventOf(event: Event, data?: Json): JsonObject {
  const shown = published(event);
  const said = (data ?? ('payload' in shown ? shown.payload : shown.data)) as Json;
  const subject = subjectOf(event);
  return {
    specversion: '1.0',
    id: `${event.stream}@${event.offset}`,
    source: event.stream,
    type: shown.type,
    time: event.at,
    ...(subject !== undefined && { subject }),
    datacontenttype: 'application/json',
    actor: event.actor.id,
    actorkind: event.actor.kind,
    // Sorts as text in the order of the stream.
    sequence: String(event.offset).padStart(16, '0'),
    data: said
  };
}

/** The cell that an event of a notebook is about. */
function subjectOf({ data }: Event): string | undefined {
  return 'cellId' in data && typeof data.cellId === 'string' ? data.cellId : undefined;
}

/**
 * The body of a post that says what a CloudEvent says: its type, its data as payload (a value that is
 * no object stands as `{data}`), its other attributes as metadata, `source` and `id` as the key that
 * makes a second one of the same give the stored event. What is no CloudEvent is handed back as it
 * is, and kept as any other body that is no event.
 */
export function postOfCloudEvent(body: Json): Json {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return body;
  }
  const { specversion, id, source, type, data, ...more } = body;
  const sound = specversion === '1.0' && isText(id) && isText(source) && typeof type === 'string';
  if (!sound) {
    return body;
  }
  const object = typeof data === 'object' && data !== null && !Array.isArray(data);
  return {
    type,
    payload: data === undefined ? {} : object ? data : { data },
    metadata: { source, ...more },
    idempotencyKey: keyOf(source, id)
  };
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

/** Two sources may use the same id; a key has at most 256 characters, and is a digest beyond that. */
function keyOf(source: string, id: string): string {
  const key = `${source} ${id}`;
  return key.length <= 256 ? key : digestOf(key);
}
