/**
 * The entries of a store with words, made once per set of events and places. Entries that did not
 * change stay the same objects, so that only the rows that did are drawn again.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addEvents,
  type History,
  NO_HISTORY,
  prependOlder
} from '../../../agent/core/views/history.js';
import type { HistoryEntry } from '../../../agent/core/views/history-entry.js';
import type { Event } from '../../../schema/index.js';
import type { CellPlaces } from '../../store/cell-places.js';
import type { ShownEntry } from '../../words/entry.js';
import { shownEntry } from '../../words/entry-words.js';

export class EntryBook {
  constructor(private readonly trans: TranslationBundle) {}

  /**
   * Entries newest first; the same array as long as nothing changed.
   * @param events Ascending and dense. @param places Another map when a cell came, went or moved.
   */
  entries(events: readonly Event[], places: CellPlaces): readonly ShownEntry[] {
    if (events === this.events && places === this.places) {
      return this.shown;
    }
    if (places !== this.places) {
      this.made = new WeakMap();
    }
    this.history = grow(this.history, events);
    this.events = events;
    this.places = places;
    this.shown = this.history.entries.map(entry => this.show(entry)).reverse();
    return this.shown;
  }

  /** Forget everything. */
  clear(): void {
    this.history = NO_HISTORY;
    this.events = undefined;
    this.places = undefined;
    this.shown = [];
    this.made = new WeakMap();
  }

  private show(entry: HistoryEntry): ShownEntry {
    const known = this.made.get(entry);
    if (known !== undefined) {
      return known;
    }
    const context = { places: this.places ?? new Map(), trans: this.trans };
    const shown = shownEntry(entry, this.eventsOf(entry), context);
    this.made.set(entry, shown);
    return shown;
  }

  /** The entry's own events among those between its first and its last. */
  private eventsOf({ actor, cellIds, first, kind, last }: HistoryEntry): readonly Event[] {
    const from = this.events?.[0]?.offset ?? 1;
    return kind === 'edited' || kind === 'created' || kind === 'deleted'
      ? (this.events ?? [])
          .slice(first.offset - from, last.offset - from + 1)
          .filter(
            event =>
              event.actor.id === actor.id &&
              'cellId' in event.data &&
              cellIds.includes(event.data.cellId)
          )
      : [];
  }

  private history: History = NO_HISTORY;
  private events: readonly Event[] | undefined;
  private places: CellPlaces | undefined;
  private shown: readonly ShownEntry[] = [];
  private made = new WeakMap<HistoryEntry, ShownEntry>();
}

/** The history of these events, from the history of a part of them; anew if it is no part. */
function grow(history: History, events: readonly Event[]): History {
  const known = history.events[0];
  const from = events[0]?.offset ?? 1;
  if (known === undefined || events[known.offset - from]?.id !== known.id) {
    return addEvents(NO_HISTORY, events);
  }
  const older = events.slice(0, known.offset - from);
  return addEvents(prependOlder(history, older), events);
}
