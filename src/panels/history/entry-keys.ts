/** The keys of the list of entries, as of a tree: arrows move and fold, Enter goes to the cell. */
import type { ShownEntry } from '../../words/entry.js';

/** What a key asks for. `by` counts rows; infinite means to the end. */
type KeyDeed = { do: 'open' } | { do: 'toggle' } | { do: 'move'; by: number };

/** What the key asks of the entry that has the keyboard; undefined for a key that is not the list's. */
export function keyDeed(key: string, entry: ShownEntry, expanded: boolean): KeyDeed | undefined {
  const expandable = entry.details.length > 0;
  switch (key) {
    case 'ArrowDown':
      return { do: 'move', by: 1 };
    case 'ArrowUp':
      return { do: 'move', by: -1 };
    case 'PageDown':
      return { do: 'move', by: 10 };
    case 'PageUp':
      return { do: 'move', by: -10 };
    case 'Home':
      return { do: 'move', by: -Infinity };
    case 'End':
      return { do: 'move', by: Infinity };
    case 'Enter':
      return { do: 'open' };
    case 'ArrowRight':
      return expandable && !expanded ? { do: 'toggle' } : undefined;
    case 'ArrowLeft':
      return expandable && expanded ? { do: 'toggle' } : undefined;
    case ' ':
      return expandable ? { do: 'toggle' } : undefined;
    default:
      return undefined;
  }
}
