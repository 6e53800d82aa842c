/**
 * Whole runs of everything together, with crashes between any two steps, each decided by one number.
 * COLOPHON_SEEDS says how many are tried, COLOPHON_SEED which one alone.
 */
import { describe, expect, it } from 'vitest';
import { play, shrink, STEPS, story } from './seed.js';

const only = process.env['COLOPHON_SEED'];
const count = Number(process.env['COLOPHON_SEEDS'] ?? 200);
const seeds = only === undefined ? Array.from({ length: count }, (_, n) => n + 1) : [Number(only)];
/** So many failures are told in full. */
const TOLD = 3;

/** Seeds that found a fault, by what it was. */
const FOUND = {
  'a run that the kernel lost when it was restarted, taken over': [28, 210, 640, 671],
  'a request that would be sent a second time': [78, 104, 161, 195, 298, 476, 517, 700],
  'a run that cannot be taken over, and those after it': [670]
};

/** Fails with the shortest story of it that was found. */
async function expectWhole(seed: number): Promise<void> {
  const outcome = await play({ seed, steps: STEPS, without: [] });
  expect(outcome.broken.length === 0 ? '' : story(await shrink(outcome))).toBe('');
}

describe('whatever crashes, and whenever', () => {
  it(
    '[Z1] every run ends once, every cell shows what the kernel said, and every author is right',
    { timeout: 7_200_000 },
    async () => {
      const failed: number[] = [];
      for (const seed of seeds) {
        const outcome = await play({ seed, steps: STEPS, without: [] });
        if (outcome.broken.length > 0) {
          failed.push(seed);
          if (failed.length <= TOLD) {
            console.error(story(await shrink(outcome)));
          }
        }
      }
      expect(failed).toEqual([]);
    }
  );

  for (const [fault, found] of Object.entries(FOUND)) {
    it(`[Z2] ${fault}`, async () => {
      for (const seed of found) {
        await expectWhole(seed);
      }
    });
  }

  it('[Z2] one number decides all of it', async () => {
    const plan = { seed: 7, steps: STEPS, without: [] };
    const [first, second] = [await play(plan), await play(plan)];
    expect(second.world.events).toEqual(first.world.events);
    expect(second.trace).toEqual(first.trace);
  });
});
