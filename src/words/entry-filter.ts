/** Choosing entries of the history, and what there is to choose from. */
import type { ActorIdentity } from '../../schema/index.js';
import { actorKey } from './actors.js';
import { actorsOf, type EntryFilter, type KindChoice, type ShownEntry } from './entry.js';

/** Does the entry belong to the choice? A cell is matched also when it is gone. */
export function matches(entry: ShownEntry, filter: EntryFilter): boolean {
  return (
    isOfKind(entry, filter.kind ?? 'everything') &&
    (filter.cellId === undefined || entry.cellIds.includes(filter.cellId)) &&
    (filter.actor === undefined || actorsOf(entry).some(actor => actorKey(actor) === filter.actor))
  );
}

/** Does the entry belong to this choice of kinds? */
export function isOfKind(entry: ShownEntry, choice: KindChoice): boolean {
  switch (choice) {
    case 'everything':
      return true;
    case 'deeds':
      return !entry.routine;
    default:
      return entry.kind === choice;
  }
}

/** Has nobody narrowed the history to a person, a kind or a cell? */
export function isOpen({ actor, kind, cellId }: EntryFilter): boolean {
  return (
    actor === undefined &&
    cellId === undefined &&
    (kind === undefined || kind === 'deeds' || kind === 'everything')
  );
}

/** Everybody in these entries, once, by the newest name; in order of appearance. */
export function actorsIn(entries: readonly ShownEntry[]): ActorIdentity[] {
  const found = new Map<string, ActorIdentity>();
  for (const actor of entries.flatMap(actorsOf)) {
    const key = actorKey(actor);
    if (!found.has(key)) {
      found.set(key, actor);
    }
  }
  return [...found.values()];
}
