/** When what happens in a stream is sent to those who follow it. */
import { describe, expect, it } from 'vitest';
import { broadcastOf, type Piece } from '../../../agent/api/broadcast.js';
import { memoryJournal } from '../../../agent/journal/memory.js';
import { draft, STILL, STREAM } from '../../contract/journal.js';

describe('the broadcast of a stream', () => {
  const journal = memoryJournal({ next: () => crypto.randomUUID() }, STILL);
  /** What is due when the moment is over. */
  let over: (() => void) | undefined;
  const pieces: [number, number][] = [];

  const schedule = (_delay: number, callback: () => void) => {
    over = callback;
    return () => (over = undefined);
  };
  const happen = async (...paths: string[]) => {
    await journal.append({ stream: STREAM, events: paths.map(draft), updates: [] }).durable;
    // The followers are told in the same turn.
    await new Promise(setImmediate);
  };

  it('[LT10] what comes after silence is sent at once, and what follows it in a moment together', async () => {
    await happen('before');
    const arrived = ({ first, last }: Piece) => void pieces.push([first, last]);
    const leave = broadcastOf(journal, STREAM, schedule).join({ arrived, ended: () => undefined });
    await happen('a', 'b');
    expect(pieces).toEqual([[2, 3]]);
    await happen('c');
    await happen('d');
    expect(pieces).toEqual([[2, 3]]);
    over?.();
    expect(pieces).toEqual([[2, 3], [4, 5]]); // prettier-ignore
    // The moment after that goes by with nothing.
    over?.();
    expect(over).toBeUndefined();
    await happen('e');
    expect(pieces.at(-1)).toEqual([6, 6]);
    await happen('f');
    leave();
    expect(over).toBeUndefined();
  });
});
