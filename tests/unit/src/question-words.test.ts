import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { unstartedRun } from '../../../agent/core/views/history-details.js';
import type { Actor, ExecutionId } from '../../../schema/index.js';
import { summarize } from '../../../src/panels/status/status-summary.js';
import { footerLine } from '../../../src/words/cell-facts.js';
import { runWords } from '../../../src/words/run-words.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const alice: Actor = { kind: 'human', id: 'alice', name: 'Alice' };
const bob: Actor = { kind: 'human', id: 'bob', name: 'Bob' };

describe('a run that asks for input, in words', () => {
  it('[N16] says that it waits: in the history, below the cell and in the status bar', () => {
    const run = { ...unstartedRun('run' as ExecutionId), phase: 'running' as const };
    const question = { requestId: 'one', prompt: 'Name?', answer: null };
    const asking = runWords({ ...run, questions: [question] }, 'cell 1', trans);
    expect(asking.sentence).toBe('runs cell 1 · waits for input');
    const facts = { phase: 'running', by: alice, startedAt: 0, asks: true } as const;
    expect(footerLine({ run: facts }, 1000, trans).parts.at(-1)).toBe('waits for input');
    const hooks = { ok: true, problems: [] };
    const known = { kind: 'known', status: { state: 'running', problem: null, hooks } } as never;
    const activity = { connected: true, agent: 'ready', running: 1, waiting: 2 } as const;
    expect(summarize(known, { ...activity, asks: true }, null, trans)).toMatchObject({
      tone: 'warning',
      label: 'Colophon: waits for input'
    });
  });

  it('[N16] says who answered what, and of a password only who', () => {
    const run = { ...unstartedRun('run' as ExecutionId), phase: 'ok' as const };
    const questions = [
      { requestId: 'one', prompt: 'Name?', answer: { by: bob, value: 'Ada' } },
      { requestId: 'two', prompt: 'Key:', answer: { by: alice, value: null } }
    ];
    const words = runWords({ ...run, questions }, 'cell 1', trans);
    expect(words.sentence).toBe('ran cell 1 · ok');
    expect(words.details?.map(({ text }) => text)).toEqual([
      'Name? — Bob answered: Ada',
      'Key: — Alice answered with a password'
    ]);
  });
});
