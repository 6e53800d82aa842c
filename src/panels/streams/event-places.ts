/** Where the events stand in the list: by their offset, by their height, and by the keys. */
import type { Event } from '../../../schema/index.js';

/** Heights of the rows that are unfolded, by their place in the list. */
export function heightsOf(
  events: readonly Event[],
  expanded: ReadonlyMap<number, number>
): ReadonlyMap<number, number> {
  return new Map(
    [...expanded].flatMap(([offset, height]): [number, number][] => {
      const index = indexOf(events, offset);
      return index < 0 ? [] : [[index, height]];
    })
  );
}

/** The place of the event with this offset; -1 for none. The events are ascending. */
export function indexOf(events: readonly Event[], offset: number | undefined): number {
  let low = 0;
  let high = events.length - 1;
  while (offset !== undefined && low <= high) {
    const middle = (low + high) >> 1;
    const found = events[middle]?.offset ?? Infinity;
    if (found === offset) {
      return middle;
    }
    [low, high] = found < offset ? [middle + 1, high] : [low, middle - 1];
  }
  return -1;
}

/** The row that a key goes to from this one; undefined for a key that is not the list's. */
export function keyedRow(
  key: string,
  current: number,
  events: readonly Event[]
): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return current + 1;
    case 'ArrowUp':
      return current - 1;
    case 'PageDown':
      return current + 20;
    case 'PageUp':
      return current - 20;
    case 'Home':
      return 0;
    case 'End':
      return events.length - 1;
    default:
      return undefined;
  }
}
