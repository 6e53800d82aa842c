import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it, vi } from 'vitest';
import type { Resources, Use } from '../../../src/client/resources.js';
import { ResourceWatch } from '../../../src/panels/status/resource-watch.js';
import { resourceWords } from '../../../src/panels/status/resource-words.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const use = (memoryBytes: number, cpuSeconds: number): Use => ({ memoryBytes, cpuSeconds });
const resources = (kernel: Use | null, limits: Resources['limits'] = {}): Resources => ({
  ...{ kernel, agent: use(85_400_000, 1), host: null, limits }
});

describe('the use of resources', () => {
  it('[C15] is told as memory, with its limit, and as a share of a processor between two samples', () => {
    const first = { at: 1000, resources: resources(use(231_000_000, 4)) };
    const limited = { memoryBytes: 2_000_000_000 };
    const second = { at: 3000, resources: resources(use(1_923_000_000, 5.5), limited) };
    const words = (samples: (typeof first)[], user: 'kernel' | 'agent' | 'host' = 'kernel') =>
      resourceWords(user, samples, false, trans);
    expect(words([first])).toBe('Kernel: 231 MB');
    expect(words([first, second])).toBe('Kernel: 1.92 GB of 2 GB, 75 % of a processor');
    expect(words([first, second], 'agent')).toBe('Agent: 85.4 MB, 0 % of a processor');
    expect(words([first, second], 'host')).toBe('All of Colophon: not running');
    // A kernel that was restarted begins at nothing.
    const restarted = { at: 5000, resources: resources(use(60_000_000, 0.5)) };
    expect(words([second, restarted])).toBe('Kernel: 60 MB');
    expect(words([{ at: 0, resources: resources(null) }])).toBe('Kernel: none on this machine');
    expect(words([])).toBe('Kernel: …');
    expect(resourceWords('kernel', [], true, trans)).toBe('Kernel: no answer');
  });

  it('[C16] is asked for only while somebody looks', async () => {
    vi.useFakeTimers();
    try {
      let asked = 0;
      let shown = 0;
      const watch = new ResourceWatch({
        ask: () => {
          asked += 1;
          return asked === 3
            ? Promise.reject(new Error('away'))
            : Promise.resolve(resources(use(asked * 1000, asked)));
        },
        onSample: () => (shown += 1)
      });
      expect(asked).toBe(0);
      watch.start();
      await vi.advanceTimersByTimeAsync(2000);
      expect([asked, shown, watch.samples.length]).toEqual([2, 2, 2]);
      await vi.advanceTimersByTimeAsync(2000);
      expect([watch.failed, watch.samples]).toEqual([true, []]);
      await vi.advanceTimersByTimeAsync(2000);
      expect([watch.failed, watch.samples.length]).toEqual([false, 1]);
      watch.stop();
      await vi.advanceTimersByTimeAsync(60_000);
      expect([asked, shown]).toEqual([4, 4]);
    } finally {
      vi.useRealTimers();
    }
  });
});
