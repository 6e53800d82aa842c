/** Tells the workers of a pull-wake subscription, on its wake stream, that there is work. */
import { Refused } from './refusal.js';
import type { Streams } from './streams.js';

/**
 * Appends the event. Without a wake stream that can take it nothing is told; workers still find the
 * wake when they claim.
 */
export function tellWakeStream(streams: Streams, path: string, event: unknown): void {
  try {
    const append = {
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify(event), 'utf8'),
      closing: false,
      seq: undefined,
      producer: undefined
    };
    streams.append(path, append, { actor: { kind: 'system', id: 'wakes', name: 'Wakes' } });
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
  }
}
