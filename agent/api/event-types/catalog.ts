/**
 * What there is to say of each type of event, read from the schemas: its words, who states it, its
 * JSON Schema and an example. Pages and the description of the API are made of it.
 */
import { z } from 'zod';
import {
  Envelope,
  EventPosted,
  Fact,
  Json,
  POSTABLE_FACTS,
  StreamPath,
  Timestamp,
  type FactType
} from '../../../schema/index.js';
import { jsonSchema, type JsonSchema } from './json-schema.js';

/** The type that a body gets which is no event: of the open names the one that is ours. */
const INVALID = 'invalid-event-appended';

export interface EventType {
  readonly type: FactType | typeof INVALID;
  readonly versions: readonly number[];
  /** Who states it, as in docs/PROTOCOL.md. */
  readonly statedBy: string;
  readonly summary: string;
  /** Whoever may write to a stream may state it, by posting it. */
  readonly postable: boolean;
  /** A whole event. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Of the whole event, as the API shows it; self-contained. */
  readonly schema: JsonSchema;
  /** Of what is the type's own: `data`, or what the sender wrote. */
  readonly own: JsonSchema;
  /** A body whose post leads to it; without it the example's own type and payload do. */
  readonly sent?: Json;
}

type FactSchema = (typeof Fact.options)[number];

const POSTABLE: ReadonlySet<string> = new Set(
  POSTABLE_FACTS.map(({ shape }): string => shape.type.value)
);

/** The fields of every event that the API shows, beside those of its type. */
const published = {
  streamPath: StreamPath,
  createdAt: Timestamp.describe('When it was stated; the same as `at`.'),
  ...Envelope.shape
};

/** What was posted, as the API shows it: type and payload of its sender instead of a fact of ours. */
export const PostedEvent = z
  .strictObject({ ...published, ...EventPosted.shape.data.shape })
  .describe('An event that somebody posted, with the type and payload of its sender.');

/** The events of a fact's type, as the API shows them. */
export function publishedSchema(fact: FactSchema): z.ZodType {
  return fact.shape.type.value === 'event.posted'
    ? PostedEvent
    : z.strictObject({ ...published, ...fact.shape }).describe(wordsOf(fact).summary);
}

let made: readonly EventType[] | undefined;

/** Every type, in the order of docs/PROTOCOL.md. Made when it is first asked for. */
export function eventTypes(): readonly EventType[] {
  made ??= [...Fact.options.map(eventTypeOf), invalidEvent()];
  return made;
}

/** What is kept of a body that is no event. Inside it is an `event.posted` like any other. */
function invalidEvent(): EventType {
  const payload = z.strictObject({
    rawInput: Json.describe(
      'All that came: the JSON value; the text, if it is none or would lose something; base64 of what is no text.'
    ),
    error: z.string().describe('What is wrong with it.')
  });
  const summary = 'A body that is no event was posted, such as the webhook of another service.';
  const sent = { action: 'opened', title: 'It does not start' };
  const error =
    'This is no event: type: Invalid input: expected string, received undefined; Unrecognized keys: "action", "title".';
  const event = z
    .strictObject({ ...published, type: z.literal(INVALID), payload })
    .describe(summary);
  return {
    ...{ type: INVALID, versions: [1], statedBy: 'whoever posted it', summary, postable: true },
    example: { ...envelopeOf(INVALID), type: INVALID, payload: { rawInput: sent, error } },
    ...{ schema: jsonSchema(event), own: jsonSchema(payload), sent }
  };
}

function eventTypeOf(fact: FactSchema): EventType {
  const { shape } = fact;
  const type = shape.type.value;
  const { statedBy, summary, example } = wordsOf(fact);
  const own = type === 'event.posted' ? example : { type, v: shape.v.value, data: example };
  return {
    type,
    versions: [shape.v.value],
    statedBy,
    summary,
    postable: type === 'event.posted' || POSTABLE.has(type),
    example: { ...envelopeOf(type), ...own },
    schema: jsonSchema(publishedSchema(fact)),
    own: jsonSchema(shape.data)
  };
}

/** What `about` said of a fact. */
function wordsOf(fact: FactSchema) {
  const { description = '', ...meta } = fact.meta() ?? {};
  return {
    summary: description,
    statedBy: (meta['x-stated-by'] ?? '') as string,
    example: (meta['x-example'] ?? {}) as Readonly<Record<string, unknown>>
  };
}

const STREAMS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:notebook|cell|output|execution|agent|kernel)\./,
    '/notebooks/1f0c2b7a-5d5f-4f52-9a53-0d4c1c9e8b10'
  ],
  [/^request\./, '/refusals'],
  [/^/, '/demo/chat']
];

/** An envelope as it stands around an event of this type. */
function envelopeOf(type: string) {
  const stream = STREAMS.find(([types]) => types.test(type))?.[1] ?? '/';
  const at = '2026-11-21T08:30:00.200Z';
  return {
    ...{ streamPath: stream, createdAt: at, id: '018f5c1e-5a3c-7c1d-9d55-3f0f9a1b2c3d', stream },
    ...{ offset: 17, at, actor: { kind: 'human', id: 'ada', name: 'Ada' }, assurance: 'verified' }
  };
}
