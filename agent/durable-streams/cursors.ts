/** Cursors of live reads: they move on with time, so that no cache answers a reader for ever. */
import type { Clock, Ids } from '../ports/inputs.js';

const EPOCH = Date.UTC(2024, 9, 9);
const INTERVAL_MS = 20_000;
const MOST_JITTER_S = 3600;

/** The cursor to answer with: that of the time, or one greater than the reader's by chance. */
export function nextCursor(
  given: string | null,
  clock: Pick<Clock, 'now'>,
  ids: Pick<Ids, 'secret'>
): string {
  const current = Math.floor((clock.now() - EPOCH) / INTERVAL_MS);
  const last = given !== null && /^\d{1,15}$/.test(given) ? Number(given) : -1;
  if (last < current) {
    return String(current);
  }
  const seconds = 1 + (parseInt(ids.secret().slice(0, 8), 16) % MOST_JITTER_S);
  return String(last + Math.max(1, Math.round((seconds * 1000) / INTERVAL_MS)));
}
