import { describe, expect, it } from 'vitest';
import type { CellId, Event } from '../../../schema/index.js';
import { Refusals } from '../../../src/store/refusals.js';
import { eventAt } from './event-at.js';

const one = 'one' as CellId;
const two = 'two' as CellId;

function requested(cellId: CellId): Event {
  return { ...eventAt(1), type: 'execution.requested', data: { cellId } } as unknown as Event;
}

describe('why cells were not run', () => {
  it('[U2] is told until somebody asks for the cell again, in whichever page', () => {
    const refusals = new Refusals();
    refusals.note([one, two], 'The cell has changed.');
    refusals.take([eventAt(1), requested(one)]);
    expect(refusals.of(one)).toBeUndefined();
    expect(refusals.of(two)).toBe('The cell has changed.');
  });
});
