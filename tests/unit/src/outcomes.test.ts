import { describe, expect, it } from 'vitest';
import type { ExecutionId } from '../../../schema/index.js';
import { type Finished, Outcomes } from '../../../src/store/outcomes.js';
import { eventAt } from './event-at.js';

function finished(offset: number, executionId: string): Finished {
  return {
    ...eventAt(offset),
    type: 'execution.finished',
    v: 1,
    data: {
      executionId,
      cellId: 'cell',
      outcome: 'ok',
      executionCount: 1,
      startedAt: null,
      finishedAt: '2026-01-01T12:00:00.000Z'
    }
  } as Finished;
}

const RUN = 'run' as ExecutionId;

describe('waiting for the end of a run', () => {
  it('[U13] is answered when it ends, and also if it had ended before', async () => {
    const outcomes = new Outcomes();
    const early = outcomes.of(RUN);
    const event = finished(7, RUN);
    outcomes.take([eventAt(6), event]);
    expect(await early).toBe(event);
    expect(await outcomes.of(RUN)).toBe(event);
  });

  it('[U13] is let go when the journal is another one, and goes on for later runs', async () => {
    const outcomes = new Outcomes();
    const lost = outcomes.of(RUN);
    outcomes.abandon();
    expect(await lost).toBeUndefined();
    const later = outcomes.of('later' as ExecutionId);
    outcomes.take([finished(1, 'later')]);
    expect((await later)?.data.executionId).toBe('later');
  });

  it('[U13] is let go when the notebook is closed', async () => {
    const outcomes = new Outcomes();
    const waiting = outcomes.of(RUN);
    outcomes.close();
    outcomes.close();
    expect(await waiting).toBeUndefined();
    expect(await outcomes.of(RUN)).toBeUndefined();
  });
});
