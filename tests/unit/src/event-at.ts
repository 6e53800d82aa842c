/** Events for tests of the browser's side: small, but complete. */
import type { Event, EventId, StreamPath } from '../../../schema/index.js';

export const STREAM = '/notebooks/one' as StreamPath;

/** A saved-event at this offset; `history` tells one journal from another. */
export function eventAt(offset: number, history = 'first'): Event {
  return {
    id: `${history}-${offset}` as EventId,
    stream: STREAM,
    offset,
    at: '2026-01-01T12:00:00.000Z',
    actor: { kind: 'system', id: 'save' },
    assurance: 'verified',
    type: 'notebook.saved',
    v: 1,
    data: { path: 'one.ipynb' }
  };
}
