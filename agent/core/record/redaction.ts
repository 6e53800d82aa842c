/**
 * What is left of a posted event whose payload is erased: a value that its type still allows, so that
 * every fold goes on. Other facts are not erased: what they say is in the notebook's stored document
 * updates, too, which cannot be rewritten.
 */
import type { EventOf } from '../../../schema/index.js';

/** The type and the idempotency key stay; payload and metadata go. */
export function remainsOf({ data }: EventOf<'event.posted'>): EventOf<'event.posted'>['data'] {
  const { type, idempotencyKey } = data;
  return { type, payload: {}, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
