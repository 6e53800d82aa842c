/** Errors that are too large for the document, the mark and the events. */
import { describe, expect, it } from 'vitest';
import { CellOutputs } from '../../../agent/core/outputs/cell-outputs.js';
import { budgetOf, weightOf } from '../../../agent/core/outputs/output-budget.js';
import type { Output } from '../../../agent/core/outputs/output.js';
import { keepOutside } from '../../../agent/peer/output-keeper.js';
import type { IopubMessage } from '../../../agent/ports/runtime.js';
import {
  NO_PROGRESS,
  progressAfter,
  progressAfterReply,
  runEnd
} from '../../../agent/runtime/run-progress.js';
import { UploadStore } from './upload-store.js';

const failed = (ename: string, evalue: string, traceback: string[]): IopubMessage => ({
  header: { msg_id: 'm', msg_type: 'error' },
  parent_header: { msg_id: 'run' },
  metadata: {},
  content: { ename, evalue, traceback }
});

async function shown(message: IopubMessage, store = new UploadStore()): Promise<readonly Output[]> {
  const outputs = new CellOutputs([], undefined, budgetOf(1_000_000, 'run'));
  outputs.take(message);
  outputs.close();
  await keepOutside(outputs.drain(), outputs, store);
  return outputs.list;
}

const MESSAGE = 'what went wrong 😀\n'.repeat(60_000);
const TRACEBACK = [
  '-----',
  'Traceback\n  in f()\n'.repeat(50_000),
  `ValueError: ${MESSAGE}`,
  '',
  'end'
];

describe('a large error', () => {
  it('[F23] leaves its beginning and its end in the document, and is whole beside it', async () => {
    const store = new UploadStore();
    const list = await shown(failed('ValueError', MESSAGE, TRACEBACK), store);
    expect(list.map(each => each.output_type)).toEqual(['error', 'display_data']);
    expect(list.reduce((sum, each) => sum + weightOf(each), 0)).toBeLessThan(100_000);
    const [error, rest] = list as unknown as [
      { ename: string; evalue: string; traceback: string[] },
      { data: Record<string, string> }
    ];
    expect(error.ename).toBe('ValueError');
    expect(MESSAGE.startsWith(error.evalue.slice(0, -1))).toBe(true);
    expect(error.traceback.join('\n')).toMatch(/^-----\nTraceback\n/);
    expect(rest.data['text/plain']).toMatch(/^\[The error goes on: \d+ kB in all\..*\n.*\n/);
    expect(rest.data['text/plain']).toMatch(/what went wrong 😀\n\n\nend$/);
    const whole = { ename: 'ValueError', evalue: MESSAGE, traceback: TRACEBACK };
    expect(await store.exported(list)).toEqual([{ output_type: 'error', ...whole }]);
    // Its beginning was deleted by somebody.
    expect(await store.exported(list.slice(1))).toEqual([{ output_type: 'error', ...whole }]);
  });

  it('[F23] stays as it is while it is small, and says what could not be kept', async () => {
    const small = failed('E', 'v', ['t'.repeat(100_000)]);
    expect(await shown(small)).toEqual([{ output_type: 'error', ...small.content }]);
    const store = new UploadStore();
    store.limit = 0;
    const list = await shown(failed('E', 'v', ['t\n'.repeat(1_000_000)]), store);
    expect(JSON.stringify(list)).toMatch(/of it could not be kept: The disk is full\./);
    expect(JSON.stringify(list)).not.toContain('"upload"');
  });

  it('[F23] has a bounded number of lengths beside its link, and every line', async () => {
    const entries = Array.from({ length: 5000 }, (_, at) => `frame ${at}\n${'x'.repeat(50)}`);
    const store = new UploadStore();
    const list = await shown(failed('E', 'v', entries), store);
    expect(JSON.stringify(list).length).toBeLessThan(100_000);
    const [whole] = (await store.exported(list)) as unknown as [{ traceback: string[] }];
    expect(whole.traceback.join('\n')).toBe(entries.join('\n'));
  });

  it('[F24] is bounded in the mark and in the event', () => {
    const ename = 'E'.repeat(100_000);
    const message = failed(ename, MESSAGE, TRACEBACK);
    const told = progressAfter(NO_PROGRESS, message, '2026-01-01T00:00:00.000Z');
    const error = { ename, evalue: MESSAGE };
    const reply = { status: 'error' as const, executionCount: 1, error };
    const replied = progressAfterReply(NO_PROGRESS, { ...reply, startedAt: null, repliedAt: null });
    for (const progress of [told, replied]) {
      const end = runEnd(progress, { ...reply, startedAt: null, repliedAt: null });
      expect(JSON.stringify(end).length).toBeLessThan(5000);
      expect(end.error?.evalue).toMatch(/^what went wrong 😀\n.*…$/s);
    }
  });
});
