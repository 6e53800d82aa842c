import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScrollScale } from '../../../src/panels/artifacts/scroll-scale.js';

const MOST = 10_000;
const VIEW = 400;

/** A box that can only be scrolled as far as it is high, as a browser's. */
function boxOf(scale: ScrollScale) {
  const within = (top: number) => Math.min(Math.max(0, top), Math.max(0, scale.roomHeight - VIEW));
  let top = 0;
  return {
    get top() {
      return top;
    },
    scroll: (to: number) => {
      const asked = within(to);
      const answer = scale.scrolled(asked);
      top = within(answer);
      expect(answer).toBeCloseTo(top, 6);
    },
    set: (to: number) => (top = within(to))
  };
}

describe('a list that is higher than a browser can scroll', () => {
  it('[AV2] is a box of bounded height in which every place can be shown, and the box says where', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000_000 }),
        fc.array(fc.nat(MOST), { maxLength: 20 }),
        (height, scrolls) => {
          const scale = new ScrollScale(MOST);
          const box = boxOf(scale);
          box.set(scale.resize(height, VIEW));
          expect(scale.roomHeight).toBe(Math.min(height, MOST));
          const lastTop = Math.max(0, height - VIEW);
          for (const to of scrolls) {
            box.scroll(to);
            expect(scale.top).toBeGreaterThanOrEqual(0);
            expect(scale.top).toBeLessThanOrEqual(lastTop);
          }
          box.set(scale.moveTo(Infinity));
          expect([scale.top, scale.isAtEnd]).toEqual([lastTop, true]);
          box.set(scale.moveTo(0));
          expect([scale.top, box.top]).toEqual([0, 0]);
        }
      )
    );
  });

  it('[AV2] moves by as much as it is scrolled, to the very end and back, without a jump', () => {
    for (const height of [5_000, 1_000_000]) {
      const scale = new ScrollScale(MOST);
      const box = boxOf(scale);
      box.set(scale.resize(height, VIEW));
      let steps = 0;
      for (; !scale.isAtEnd && steps < height; steps += 1) {
        const before = scale.top;
        box.scroll(box.top + 120);
        expect(scale.top).toBeCloseTo(Math.min(before + 120, height - VIEW), 6);
      }
      expect(steps).toBe(Math.ceil((height - VIEW - 1) / 120));
      for (; scale.top > 0 && steps > 0; steps -= 1) {
        const before = scale.top;
        box.scroll(box.top - 120);
        expect(scale.top).toBeCloseTo(Math.max(0, before - 120), 6);
      }
      expect(scale.top).toBe(0);
    }
  });

  it('[AV2] goes in proportion when the bar is dragged', () => {
    const scale = new ScrollScale(MOST);
    const box = boxOf(scale);
    box.set(scale.resize(1_000_000, VIEW));
    box.scroll((MOST - VIEW) / 2);
    expect(scale.top).toBeCloseTo((1_000_000 - VIEW) / 2, 6);
    box.scroll(MOST);
    expect(scale.isAtEnd).toBe(true);
  });
});
