/** How often it is asked which kernel Lab shows. */
import { expect, it } from 'vitest';
import { KernelCheck } from '../../../agent/runtime/kernel-check.js';
import { CrankedClock } from './cranked-clock.js';

it('[LT2] which kernel Lab shows is asked after a run, and after many short ones twice a second, the last included', () => {
  const clock = new CrankedClock();
  const asked: number[] = [];
  const began = clock.now();
  const check = new KernelCheck(clock, () => asked.push(clock.now() - began));
  for (let run = 0; run < 120; run += 1) {
    check.runEnded();
    clock.pass(10);
  }
  clock.pass(10_000);
  check.runEnded();
  expect(asked).toEqual([0, 500, 1000, 1500, 11_200]);
});
