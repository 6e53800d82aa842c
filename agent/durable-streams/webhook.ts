/** Sends wakes to webhooks, and says when to try again. */
import type { Push } from '../ports/push.js';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** Did the receiver finish at once? undefined if it did not take the wake. Never rejects. */
export async function postWebhook(
  push: Push,
  url: string,
  body: string,
  signature: string,
  signal: AbortSignal
): Promise<boolean | undefined> {
  const headers = { 'Content-Type': 'application/json', 'Webhook-Signature': signature };
  const answer = await push.post({ url, headers, body, signal });
  const taken = 'status' in answer && answer.status >= 200 && answer.status < 300;
  return taken ? isDone(answer.body) : undefined;
}

/** How long to wait after so many failures; `chance` from 0 to 1 spreads it by a fifth. */
export function retryDelay(failures: number, chance: number): number {
  const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  return Math.round(delay * (0.8 + 0.4 * chance));
}

function isDone(text: string): boolean {
  try {
    const value = JSON.parse(text) as { done?: unknown } | null;
    return value?.done === true;
  } catch {
    return false;
  }
}
