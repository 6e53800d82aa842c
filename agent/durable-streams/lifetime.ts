/** How long a stream lives: a window that each use begins anew, or a fixed end, or for ever. */
import { refuse } from './refusal.js';
import type { StreamRow } from './stream-row.js';

/** The window in seconds or the end, as the headers gave them. */
export type Lifetime = Pick<StreamRow, 'ttl' | 'expires_at'>;

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** The lifetime that the headers ask for. Refuses malformed ones and both at once. */
export function lifetimeOf(ttl: string | undefined, expiresAt: string | undefined): Lifetime {
  if (ttl !== undefined && expiresAt !== undefined) {
    refuse(400, 'Send Stream-TTL or Stream-Expires-At, not both.');
  }
  const seconds = ttl === undefined ? null : Number(ttl);
  if (ttl !== undefined && !/^(0|[1-9]\d{0,11})$/.test(ttl)) {
    refuse(400, 'Stream-TTL must be a whole number of seconds without leading zeros.');
  }
  if (expiresAt !== undefined && !(RFC3339.test(expiresAt) && Date.parse(expiresAt) >= 0)) {
    refuse(400, 'Stream-Expires-At must be an RFC 3339 time such as 2027-01-01T00:00:00Z.');
  }
  return { ttl: seconds, expires_at: expiresAt ?? null };
}

/** When a stream that is used now expires; null for never. */
export function deadlineOf(lifetime: Lifetime, now: number): number | null {
  if (lifetime.ttl !== null) {
    return now + lifetime.ttl * 1000;
  }
  return lifetime.expires_at === null ? null : Date.parse(lifetime.expires_at);
}

/** Do they ask for the same? Two ways to write one time are the same. */
export function sameLifetime(one: Lifetime, other: Lifetime): boolean {
  return one.ttl === other.ttl && deadlineOf(one, 0) === deadlineOf(other, 0);
}
