/**
 * The stream as a person reads it: events grouped into entries. One entry for a burst of typing, one
 * for a run with all that it set off, one for a file that was opened with what it brought. The same
 * events give the same entries, however they were loaded.
 */
import type { Event } from '../../../schema/index.js';
import { sameActor } from '../../../schema/index.js';
import { millisecondsBetween } from '../timestamp.js';
import { detailsOf, mergedDetails } from './history-details.js';
import { entryOf, grown } from './history-entry.js';
import type { HistoryEntry } from './history-entry.js';
import { runEvent } from './history-run.js';

/** Typing goes on in the same entry after a pause of at most this, in ms. */
const BURST = 60_000;
/** Other changes of one kind by one author belong to one gesture, in ms. */
const GESTURE = 2_000;
/** How many of the newest entries may still grow. */
const WITHIN_REACH = 200;

/** A part of a stream, grouped. */
export interface History {
  /** Oldest first, by first event. */
  readonly entries: readonly HistoryEntry[];
  /** The events themselves, ascending; what `prependOlder` groups anew. */
  readonly events: readonly Event[];
}

/** No events. */
export const NO_HISTORY: History = { entries: [], events: [] };

/** The entries, newest first. */
export function newestFirst(history: History): HistoryEntry[] {
  return history.entries.toReversed();
}

/** The history with the next event of the stream. An event that is already in it changes nothing. */
export function addEvent(history: History, event: Event): History {
  return addEvents(history, [event]);
}

/** The history with the next events, ascending. */
export function addEvents(history: History, events: readonly Event[]): History {
  const newest = history.events.at(-1)?.offset ?? 0;
  const fresh = events.filter(event => event.offset > newest);
  if (fresh.length === 0) {
    return history;
  }
  const entries = [...history.entries];
  fresh.forEach(event => group(entries, event));
  return { entries, events: [...history.events, ...fresh] };
}

/** The history with older events, ascending, before it. */
export function prependOlder(history: History, older: readonly Event[]): History {
  const oldest = history.events[0]?.offset ?? Number.POSITIVE_INFINITY;
  const fresh = older.filter(event => event.offset < oldest);
  return fresh.length === 0 ? history : addEvents(NO_HISTORY, [...fresh, ...history.events]);
}

/** Puts the event into an entry that it belongs to, or appends one. */
function group(entries: HistoryEntry[], event: Event): void {
  const run = runEvent(entries, event);
  if (run !== null) {
    place(entries, run);
    return;
  }
  const details = detailsOf(event);
  const index = host(entries, event);
  const entry = entries[index];
  if (entry === undefined) {
    entries.push(entryOf(event, details));
  } else {
    entries[index] = grown(entry, event, mergedDetails(entry.details, event, details));
  }
}

function place(
  entries: HistoryEntry[],
  run: { readonly index: number; readonly entry: HistoryEntry }
): void {
  if (run.index < 0) {
    entries.push(run.entry);
  } else {
    entries[run.index] = run.entry;
  }
}

/** Position of the entry that the event goes on with, or -1. */
function host(entries: readonly HistoryEntry[], event: Event): number {
  const newest = entries.length - 1;
  switch (event.type) {
    case 'cell.source-changed': {
      const cellId = event.data.cellId;
      const index = last(entries, entry => entry.cellIds.includes(cellId));
      const entry = entries[index];
      return entry?.kind === 'edited' && byAuthor(entry, event) && within(entry, event, BURST)
        ? index
        : loadedBy(entries, event);
    }
    case 'notebook.saved':
      return entries[newest]?.kind === 'saved' ? newest : -1;
    case 'agent.started':
    case 'agent.ready':
      return last(entries, entry => entry.kind === 'agent-started');
    case 'agent.stopped': {
      const index = last(entries, entry => entry.kind.startsWith('agent-'));
      const details = entries[index]?.details;
      const asked =
        details?.kind === 'agent-stopped' && ['requested', 'restarting'].includes(details.outcome);
      return asked ? index : -1;
    }
    default: {
      const entry = entries[newest];
      const same = entry !== undefined && entry.kind === detailsOf(event).kind;
      return same && gestures(entry, event) ? newest : loadedBy(entries, event);
    }
  }
}

/** Changes that came with the opening of a file belong to it. */
function loadedBy(entries: readonly HistoryEntry[], event: Event): number {
  const newest = entries.length - 1;
  return partOfLoad(entries[newest], event) ? newest : -1;
}

function partOfLoad(entry: HistoryEntry | undefined, event: Event): boolean {
  const cause = event.actor.kind === 'system' && ['load', 'disk'].includes(event.actor.id);
  const content = /^(?:cell|output)\.|^notebook\.metadata/.test(event.type);
  return entry?.kind === 'opened' && cause && content && entry.last.at === event.at;
}

function gestures(entry: HistoryEntry, event: Event): boolean {
  const grouped = [
    'created',
    'deleted',
    'moved',
    'metadata-changed',
    'outputs-changed',
    'type-changed'
  ];
  return grouped.includes(entry.kind) && byAuthor(entry, event) && within(entry, event, GESTURE);
}

function byAuthor(entry: HistoryEntry, event: Event): boolean {
  return sameActor(entry.actor, event.actor) && entry.assurance === event.assurance;
}

function within(entry: HistoryEntry, event: Event, limit: number): boolean {
  return millisecondsBetween(entry.last.at, event.at) <= limit;
}

function last(entries: readonly HistoryEntry[], is: (entry: HistoryEntry) => boolean): number {
  const oldest = Math.max(0, entries.length - WITHIN_REACH);
  for (let index = entries.length - 1; index >= oldest; index--) {
    const entry = entries[index];
    if (entry !== undefined && is(entry)) {
      return index;
    }
  }
  return -1;
}
