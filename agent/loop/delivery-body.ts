/** What is sent for one event: its body, by the subscription's expressions, its signed headers; and what an answer asks for. */
import { Webhook } from 'standardwebhooks';
import { CLOUD_EVENT_TYPE, cloudEventOf } from '../core/push/cloud-event.js';
import { isTrue } from '../core/reactions/truth.js';
import { published, type Event, type EventOf } from '../../schema/index.js';
import { ExpressionFailed, type Expressions } from '../ports/expressions.js';

type Subscription = EventOf<'subscription.configured'>['data'];

/** The text to send, null for nothing; or what is wrong with an expression. */
export async function bodyOf(
  event: Event,
  { filter, transform, format }: Subscription,
  expressions: Expressions
): Promise<{ readonly text: string | null } | { readonly failure: string }> {
  const shown = published(event);
  try {
    if (filter !== undefined && !isTrue(await expressions.evaluate(filter, shown))) {
      return { text: null };
    }
    const said = transform === undefined ? undefined : await expressions.evaluate(transform, shown);
    if (transform !== undefined && (said === undefined || said === null)) {
      return { text: null };
    }
    const body = format === 'cloudevent' ? cloudEventOf(event, said) : (said ?? shown);
    return { text: JSON.stringify(body) };
  } catch (error) {
    if (error instanceof ExpressionFailed) {
      return { failure: `An expression of the subscription failed: ${error.message}` };
    }
    throw error;
  }
}

/** The headers of Standard Webhooks; `webhook-id` is the event's id, however often it is sent. */
export function headersOf(
  event: Event,
  body: string,
  format: 'event' | 'cloudevent',
  secret: string,
  now: number
): Record<string, string> {
  const at = new Date(now);
  return {
    'Content-Type': format === 'cloudevent' ? CLOUD_EVENT_TYPE : 'application/json',
    'User-Agent': 'colophon',
    'webhook-id': event.id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': new Webhook(secret).sign(event.id, at, body)
  };
}

/** What a header Retry-After asks for, in milliseconds from `now`; 0 if it asks for nothing. */
export function askedDelay(retryAfter: string | null, now: number): number {
  const text = retryAfter?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) {
    return Number(text) * 1000;
  }
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : NaN;
  return at > now ? at - now : 0;
}
