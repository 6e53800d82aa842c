/** Choosing entries of the history, and what there is to choose from. */
import type { ActorIdentity } from '../../schema/index.js';
import { actorKey } from './actors.js';
import { actorsOf, type EntryFilter, type ShownEntry } from './entry.js';

/** Does the entry belong to the choice? A cell is matched also when it is gone. */
export function matches(entry: ShownEntry, filter: EntryFilter): boolean {
  return (
    (filter.kind === undefined || entry.kind === filter.kind) &&
    (filter.cellId === undefined || entry.cellIds.includes(filter.cellId)) &&
    (filter.actor === undefined || actorsOf(entry).some(actor => actorKey(actor) === filter.actor))
  );
}

/** Is nothing left out? */
export function isOpen(filter: EntryFilter): boolean {
  return Object.values(filter).every(choice => choice === undefined);
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
