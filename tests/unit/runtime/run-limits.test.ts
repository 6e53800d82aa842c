import { describe, expect, it } from 'vitest';
import { endAtLimit, limitWords } from '../../../agent/core/execution/limit-end.js';
import type { LimitReached } from '../../../agent/ports/runtime.js';
import { isShown, limitMessage } from '../../../agent/runtime/run-limits.js';

const memory: LimitReached = {
  executionId: 'run',
  limit: 'memory',
  allowed: 2_000_000_000,
  used: 2_123_456_789
};
const output: LimitReached = { executionId: 'run', limit: 'output', allowed: 900, used: 1250 };

describe('a run at its limit', () => {
  it('[C11] names the limit, what it allows and what was used, in words for a person', () => {
    expect(limitWords(memory)).toBe(
      'The run reached its limit of memory: 2 GB are allowed, the kernel used 2.12 GB.'
    );
    expect(limitWords(output)).toBe(
      'The run reached its limit of output: 900 bytes are allowed, it wrote 1.25 kB.'
    );
    expect(limitWords({ ...output, limit: 'wall-time', allowed: 3600, used: 3600.2 })).toBe(
      'The run reached its limit of time: 3600 s are allowed, it took 3600 s.'
    );
    expect(limitWords({ ...output, limit: 'cpu-time', allowed: 0.5, used: 0.612 })).toBe(
      'The run reached its limit of processor time: 0.5 s are allowed, it took 0.612 s.'
    );
  });

  it('[C23] says of memory that was never given that it was refused', () => {
    expect(limitWords({ ...memory, used: 120_000_000 })).toBe(
      'The run reached its limit of memory: 2 GB are allowed, the kernel used 120 MB and was refused more.'
    );
  });

  it('[C12] is interrupted whatever the kernel made of it, and says when the kernel is lost', () => {
    const words = limitWords(memory);
    const error = { ename: 'LimitReached', evalue: words };
    expect(endAtLimit({ outcome: 'ok' }, memory)).toEqual({
      outcome: 'interrupted',
      reason: words,
      error
    });
    expect(endAtLimit({ outcome: 'interrupted', reason: 'The kernel died.' }, memory)).toEqual({
      outcome: 'interrupted',
      reason: `${words} The kernel died.`,
      error
    });
    expect(endAtLimit({ outcome: 'ok' }, undefined)).toEqual({ outcome: 'ok' });
  });

  it('[C13] shows above the limit of output nothing but errors', () => {
    const stream = { ...limitMessage(output), header: { msg_id: 'm', msg_type: 'stream' } };
    expect(isShown(output, stream)).toBe(false);
    expect(isShown(output, limitMessage(output))).toBe(true);
    expect(isShown(memory, stream)).toBe(true);
    expect(isShown(undefined, stream)).toBe(true);
  });
});
