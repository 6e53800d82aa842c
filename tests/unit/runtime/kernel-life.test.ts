/** What the changes of a kernel mean for a run. */
import { describe, expect, it } from 'vitest';
import { KernelLife } from '../../../agent/runtime/kernel-life.js';
import { KernelRecovery } from '../../../agent/runtime/kernel-recovery.js';
import { CrankedClock } from './cranked-clock.js';

describe('a kernel that dies before it took the run', () => {
  it('[DK2] may have left the run to its next process; if that has not, the run ended with the death', () => {
    const life = new KernelLife();
    expect(life.restarted).toBe(false);
    expect(life.endedBy('died', false)).toBeUndefined();
    // What is asked of the kernel now is answered by another process than the run's, told or not.
    expect(life.restarted).toBe(true);
    expect(life.endedBy('restarted', false)).toBeUndefined();
    expect(life.lost).toBe('The kernel died while the cell ran.');
    expect(life.endedBy('died', false)).toBeUndefined();
  });

  it('[DK2] ends the run at once when the server gets no process started, not when the next one dies', () => {
    const life = new KernelLife();
    life.endedBy('died', false);
    expect(life.endedBy('died', false)).toBeUndefined();
    expect(life.endedBy('shut-down', false)).toBe(
      'The kernel died and was not started again. The next run starts a new one.'
    );
  });

  it('[Z14] has not left the process that was heard before the request was sent, if it is told late', () => {
    const from = (session: string) => ({
      header: { msg_id: 'm', msg_type: 'status', session },
      ...{ parent_header: { msg_id: 'other' }, metadata: {}, content: {} }
    });
    const life = new KernelLife('new');
    life.isOverBy(from('new'), false);
    expect(life.endedBy('restarted', false)).toBeUndefined();
    life.isOverBy(from('new'), false);
    expect(life.restarted).toBe(false);
    life.isOverBy(from('next'), false);
    expect(life.restarted).toBe(true);
  });

  it('[DK2] tells a run that had begun from one that had not', () => {
    expect(new KernelLife().endedBy('died', true)).toBe('The kernel died while the cell ran.');
    expect(new KernelLife().endedBy('restarted', false)).toBeUndefined();
    expect(new KernelLife().endedBy('shut-down', false)).toMatch(/before it began/);
    expect(new KernelLife().endedBy('shut-down', true)).toMatch(/while the cell ran/);
  });
});

it('[DK4] nothing is sent to a kernel that ends until it is heard again, however long it takes to start', async () => {
  const clock = new CrankedClock();
  const recovery = new KernelRecovery(clock);
  const settled: string[] = [];
  await recovery.done;
  recovery.begin();
  recovery.begin();
  void recovery.done.then(() => settled.push('heard'));
  clock.pass(60_000);
  await Promise.resolve();
  expect(settled).toEqual([]);
  recovery.end();
  await recovery.done;
  expect(settled).toEqual(['heard']);
  recovery.begin();
  void recovery.done.then(() => settled.push('given up'));
  clock.pass(600_000);
  await recovery.done;
  expect(settled).toEqual(['heard', 'given up']);
});
