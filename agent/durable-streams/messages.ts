/**
 * Messages as events of the journal: what an append adds, and the bytes of an event as a reader of the
 * protocol gets them. The text of a message comes back digit for digit.
 */
import { published, type Actor, type Draft, type Event } from '../../schema/index.js';
import { isText, type Part } from './content.js';

/** The events of one append, in order. */
export function eventsOf(
  contentType: string,
  parts: readonly Part[],
  by: { readonly actor: Actor; readonly entitlement?: string },
  at: string
): Draft[] {
  return parts.map(({ bytes }, index): Draft => ({
    ...{ at, actor: by.actor, assurance: 'verified' },
    ...(by.entitlement !== undefined && { entitlement: by.entitlement }),
    type: 'message.appended',
    v: 1,
    data: {
      ...content(contentType, bytes),
      ...(index < parts.length - 1 && { more: true as const })
    }
  }));
}

/** What a reader gets of an event: the message, or the event itself as the open API shows it. */
export function bytesOf(event: Event): Uint8Array {
  if (event.type !== 'message.appended') {
    return Buffer.from(JSON.stringify(published(event)), 'utf8');
  }
  const { text, base64 } = event.data;
  return base64 === undefined ? Buffer.from(text ?? 'null', 'utf8') : Buffer.from(base64, 'base64');
}

function content(contentType: string, bytes: Uint8Array): { text: string } | { base64: string } {
  const base64 = () => ({ base64: Buffer.from(bytes).toString('base64') });
  if (!isText(contentType)) {
    return base64();
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return base64();
  }
}
