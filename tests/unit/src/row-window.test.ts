import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow, topOf } from '../../../src/panels/history/row-window.js';

const layouts = fc.record({
  count: fc.integer({ min: 0, max: 10_000 }),
  rowHeight: fc.constant(48),
  heights: fc
    .array(fc.tuple(fc.nat(9_999), fc.integer({ min: 48, max: 600 })), { maxLength: 8 })
    .map(entries => new Map(entries)),
  scrollTop: fc.nat(500_000),
  viewHeight: fc.integer({ min: 0, max: 1_200 }),
  spare: fc.constant(8)
});

describe('the rows on the page', () => {
  it('[U7] are all that are in view, few more, and the rest keeps its room', () => {
    fc.assert(
      fc.property(layouts, layout => {
        const heights = new Map([...layout.heights].filter(([row]) => row < layout.count));
        const own = { ...layout, heights };
        const { from, to, above, below } = rowWindow(own);
        const total = topOf(own, layout.count);
        const scrollTop = Math.min(layout.scrollTop, Math.max(0, total - layout.viewHeight));
        const shown = rowWindow({ ...own, scrollTop });
        expect(above + (topOf(own, to) - topOf(own, from)) + below).toBe(total);
        expect(to - from).toBeLessThanOrEqual(layout.viewHeight / 48 + 2 * 8 + 3);
        if (layout.count > 0) {
          expect(shown.above).toBeLessThanOrEqual(scrollTop);
          expect(topOf(own, shown.to)).toBeGreaterThanOrEqual(
            Math.min(total, scrollTop + layout.viewHeight)
          );
        }
      })
    );
  });
});
