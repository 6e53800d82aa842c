/** The keys of the tree of streams, as the ARIA practices have them for trees. */
import type { TreeRow } from './stream-tree.js';

/** What a key asks for; `to` is the index of a row. */
export type TreeDeed =
  { readonly do: 'move'; readonly to: number } | { readonly do: 'expand' | 'collapse' | 'open' };

/** Rows that a page has, for Page Up and Page Down. */
const PAGE = 10;

/** What the key asks of the row that has the keyboard; undefined for a key that is not the tree's. */
export function treeDeed(
  key: string,
  rows: readonly TreeRow[],
  current: number
): TreeDeed | undefined {
  const row = rows[current];
  if (row === undefined) {
    return undefined;
  }
  const move = (to: number): TreeDeed => ({
    do: 'move',
    to: Math.min(rows.length - 1, Math.max(0, to))
  });
  switch (key) {
    case 'ArrowDown':
      return move(current + 1);
    case 'ArrowUp':
      return move(current - 1);
    case 'PageDown':
      return move(current + PAGE);
    case 'PageUp':
      return move(current - PAGE);
    case 'Home':
      return move(0);
    case 'End':
      return move(rows.length - 1);
    case 'ArrowRight':
      return row.expanded ? move(current + 1) : row.expandable ? { do: 'expand' } : undefined;
    case 'ArrowLeft':
      return row.expanded ? { do: 'collapse' } : move(parentOf(rows, current));
    case 'Enter':
    case ' ':
      return { do: 'open' };
    default:
      return undefined;
  }
}

/** The row in which this one stands; itself at the top. */
function parentOf(rows: readonly TreeRow[], index: number): number {
  const level = rows[index]?.level ?? 1;
  for (let above = index - 1; above >= 0; above -= 1) {
    if ((rows[above]?.level ?? level) < level) {
      return above;
    }
  }
  return index;
}

/**
 * The next row, from the one after `current` on and around, whose label begins with what was typed.
 * The same letter again goes on to the next of its rows; more letters may stay where they are.
 */
export function typedRow(
  typed: string,
  rows: readonly TreeRow[],
  current: number
): number | undefined {
  const letters = [...typed.toLowerCase()];
  const wanted = letters.every(letter => letter === letters[0]) ? letters.slice(0, 1) : letters;
  const skip = wanted.length === 1 ? 1 : 0;
  for (let step = skip; step < rows.length + skip; step += 1) {
    const index = (current + step) % rows.length;
    if (rows[index]?.label.toLowerCase().startsWith(wanted.join('')) === true) {
      return index;
    }
  }
  return undefined;
}
