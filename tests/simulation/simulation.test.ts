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

/** Seeds that find a fault again when it is put back, by what it was. */
const FOUND = {
  'a run told as interrupted that the next process of the kernel takes': [15],
  'a run that another process of the kernel takes than the one that it was sent to': [1976, 2436],
  'a run told as interrupted by a restart that had been before it': [6097],
  'a run told as interrupted that the kernel had on an earlier connection': [356, 638, 1602],
  'a run at its limit that ends with no word of it': [8986],
  'a cell that seems to run, and nobody sets it right': [43],
  'a clearing of outputs that is undone': [3],
  'an update that is lost behind a clearing': [3],
  'a display that is shown again elsewhere, and not updated': [120],
  'a record that lacks what was written before older typing was told': [7],
  'an answer to another question than the one that is asked': [21],
  'a run that a new server runs again': [53],
  'a run that is sent a second time when it is taken over': [2],
  'a request that is given to the kernel twice': [105],
  'a limit that an agent tells again when it goes on': [151],
  'a second answer to a question': [54],
  'an answer that is lost with a connection, and nobody is asked again': [105],
  'an answer that is lost with a host, and nobody is asked again': [80],
  'what a thread prints while the reply is on its way, and is lost': [32],
  'a frame that comes again and is taken again': [11]
};

/** Fails with the shortest story of it that was found. */
async function expectWhole(seed: number): Promise<void> {
  const outcome = await play({ seed, steps: STEPS, without: [] });
  expect(outcome.broken.length === 0 ? '' : story(await shrink(outcome))).toBe('');
}

describe('whatever crashes, and whenever', () => {
  it(
    '[Z1] every run ends once, every cell and every record shows what the kernel said, and every author is right',
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
