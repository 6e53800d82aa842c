/** An interrupt where no signal can help. */
import { expect, it } from 'vitest';
import { RunInterrupt } from '../../../agent/runtime/run-interrupt.js';

it('[DK9] a run that was given to no kernel stops waiting, without a signal to one that starts', async () => {
  const interrupt = new RunInterrupt();
  const kernel = Promise.withResolvers<string>();
  const found = interrupt.waiting(kernel.promise);
  expect(interrupt.ask(false)).toBe(false);
  expect(await found).toBeUndefined();
  expect([interrupt.asked, interrupt.taken()]).toEqual([true, false]);
  // Nobody waits for it any more.
  kernel.reject(new Error('no kernel'));
  expect(await interrupt.waiting(Promise.resolve('another kernel'))).toBeUndefined();
});

it('[DK9] a run that was on its way to the process before is interrupted once the next one takes it', async () => {
  const interrupt = new RunInterrupt();
  expect(await interrupt.waiting(Promise.resolve('kernel'))).toBe('kernel');
  expect(interrupt.taken()).toBe(false);
  expect(interrupt.ask(true)).toBe(false);
  expect([interrupt.taken(), interrupt.taken()]).toEqual([true, false]);
  expect(interrupt.ask(false)).toBe(true);
  expect(interrupt.taken()).toBe(false);
});

it('[DK9] a run that is sent again after an interrupt is interrupted once the kernel takes it', async () => {
  const interrupt = new RunInterrupt();
  await interrupt.waiting(Promise.resolve('kernel'));
  interrupt.sent();
  expect([interrupt.ask(false), interrupt.taken()]).toEqual([true, false]);
  interrupt.sent();
  expect([interrupt.taken(), interrupt.taken()]).toEqual([true, false]);
});
