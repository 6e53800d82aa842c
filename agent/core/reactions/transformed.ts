/** From what a transformer's expression gave to the facts that are appended. Pure. */
import {
  Post,
  type Event,
  type EventOf,
  type FactOf,
  type Json,
  type JsonObject
} from '../../../schema/index.js';
import { explain } from '../explain.js';
import { isOurs } from './scheduled-fact.js';

/** So often an event may lead to another through transformers. */
export const MOST_HOPS = 5;
const MOST_EVENTS = 100;
const ID = 'transformer';

/** Of a posted event that a transformer made: how many transformers it went through; else 0. */
export function hopsOf(event: Event): number {
  if (event.type !== 'event.posted' || event.actor.kind !== 'system' || event.actor.id !== ID) {
    return 0;
  }
  const mark = event.data.metadata?.[ID];
  const hops = typeof mark === 'object' && mark !== null && 'hops' in mark ? mark['hops'] : 0;
  return typeof hops === 'number' ? hops : 0;
}

/**
 * The events that a transformer's answer about `source` asks for, each marked in its metadata with
 * where it came from; a problem in words if one of them is no event that a transformer may append.
 */
export function transformed(
  transformer: EventOf<'transformer.configured'>,
  source: Event,
  answer: Json | undefined
): readonly FactOf<'event.posted'>[] | { problem: string } {
  const bodies = answer === undefined || answer === null ? [] : [answer].flat();
  if (bodies.length > MOST_EVENTS) {
    return { problem: `It gives ${bodies.length} events; ${MOST_EVENTS} are the most.` };
  }
  const { slug } = transformer.data;
  const mark: JsonObject = { slug, offset: source.offset, hops: hopsOf(source) + 1 };
  const facts: FactOf<'event.posted'>[] = [];
  for (const body of bodies) {
    const post = Post.safeParse(body);
    if (!post.success) {
      return { problem: `What it gives is no event: ${explain(post.error)}.` };
    }
    const { type, payload = {}, metadata, idempotencyKey, expectedOffset } = post.data;
    if (isOurs(type)) {
      return { problem: `A transformer cannot append ${type}: that type is Colophon's own.` };
    }
    if (idempotencyKey !== undefined || expectedOffset !== undefined) {
      return {
        problem:
          'It gives an idempotencyKey or expectedOffset. Leave them out: each event is transformed once.'
      };
    }
    const data = { type, payload, metadata: { ...metadata, [ID]: mark } };
    facts.push({ type: 'event.posted', v: 1, data });
  }
  return facts;
}
