import { describe, expect, it } from 'vitest';
import { runtimeActor } from '../../../agent/core/actors.js';
import { digestOf } from '../../../agent/core/digest.js';
import { mayPass } from '../../../agent/core/execution/decide.js';
import { decideIdle, decideObservation, decideStart } from '../../../agent/core/execution/react.js';
import type { CellId, Draft, Order, OrderOf, RunId } from '../../../schema/index.js';
import { ALICE, BOB, ExecutionWorld, NOTEBOOK, requestOf } from './execution-world.js';

const INTERRUPT: Order = { type: 'kernel.interrupt', data: {} };
const RESTART: Order = { type: 'kernel.restart', data: {} };
const START: Order = { type: 'agent.start', data: {} };
const STOP: Order = { type: 'agent.stop', data: {} };
const AGAIN: Order = { type: 'agent.restart', data: {} };

/** A world whose agent is ready. */
function ready(): ExecutionWorld {
  const world = new ExecutionWorld();
  world.command(START);
  world.report({ type: 'spawned', pid: 7 });
  world.ready();
  world.events.length = 0;
  world.effects.length = 0;
  return world;
}

const types = (list: readonly { type: string }[]): string[] => list.map(({ type }) => type);

describe('a request', () => {
  it('[X1] starts an agent if there is none, and is given to it when it is ready', () => {
    const world = new ExecutionWorld();
    world.run(['a']);
    expect(types(world.events)).toEqual(['execution.requested', 'agent.start-requested']);
    expect(world.effects).toMatchObject([{ type: 'agent.start', epoch: 1 }]);
    expect(world.effects[0]).not.toHaveProperty('resume');
    world.report({ type: 'spawned', pid: 7 });
    expect(types(world.ready())).toEqual(['agent.ready', 'execution.assigned']);
    expect(world.effects[1]).toMatchObject({
      type: 'agent.run',
      epoch: 1,
      cellId: 'a',
      source: '1',
      requester: ALICE
    });
  });

  it('[X1] is given to a ready agent at once, in one batch', () => {
    expect(types(ready().command(requestOf(['a'], NOTEBOOK)))).toEqual([
      'execution.requested',
      'execution.assigned'
    ]);
  });

  it('[X2] waits for its turn: one at a time, in order of request', () => {
    const world = ready();
    world.run(['c', 'a'], ALICE);
    world.run(['b'], BOB);
    world.finish('ok');
    world.finish('ok');
    world.finish('ok');
    expect(world.outcomes()).toEqual([
      ['c', 'ok'],
      ['a', 'ok'],
      ['b', 'ok']
    ]);
    expect(types(world.effects)).toEqual(['agent.run', 'agent.run', 'agent.run']);
  });

  it('[X2] for several cells is one run', () => {
    const world = ready();
    world.run(['a', 'b']);
    const runs = world.state.active.map(({ runId }) => runId);
    expect(new Set(runs).size).toBe(1);
    expect(world.events.every(({ correlationId }) => correlationId === runs[0])).toBe(true);
  });

  it('[X3] is bound to the source that its requester saw', () => {
    const world = ready();
    const order = {
      type: 'execution.request' as const,
      data: { cells: [{ cellId: 'a' as CellId, sourceHash: digestOf('something else') }] }
    };
    const refusal = world.refusal(order);
    expect(refusal).toMatchObject({ code: 'source-mismatch', at: { cellId: 'a' } });
    expect(mayPass(refusal, order.type)).toBe(true);
    world.run(['a']);
    expect(world.events[0]).toMatchObject({ data: { source: '1', sourceHash: digestOf('1') } });
  });

  it('[X3] for what cannot run is refused with the reason, and nothing of it runs', () => {
    const world = ready();
    expect(world.refusal(requestOf(['a', 'gone'], NOTEBOOK))).toMatchObject({
      code: 'unknown-cell',
      at: { cellId: 'gone' }
    });
    expect(world.refusal(requestOf(['text'], NOTEBOOK)).code).toBe('not-a-code-cell');
    world.notebook = null;
    expect(world.refusal(requestOf(['a'], NOTEBOOK)).code).toBe('notebook-not-open');
    expect(world.events).toEqual([]);
  });

  it('[X3] for an empty cell runs it like any other', () => {
    const world = ready();
    world.run(['empty']);
    expect(world.effects).toMatchObject([{ type: 'agent.run', source: '' }]);
  });
});

describe('a run that fails', () => {
  it('[X4] cancels the rest of it and what else its requester waits for, nobody else’s', () => {
    const world = ready();
    world.run(['a', 'b'], ALICE);
    world.run(['c'], BOB);
    world.run(['d'], ALICE);
    world.finish('error');
    expect(world.outcomes()).toEqual([
      ['a', 'error'],
      ['b', 'cancelled'],
      ['d', 'cancelled']
    ]);
    expect(
      world.events.find(e => e.type === 'execution.finished' && e.data.cellId === 'b')
    ).toMatchObject({ data: { reason: 'an earlier cell failed', startedAt: null } });
    expect(world.state.active).toMatchObject([{ cellId: 'c', phase: 'assigned' }]);
  });

  it('[X4] cancels the rest of it, also what somebody else added to it', () => {
    const world = ready();
    const runId = 'together' as RunId;
    const [first, second] = [['a'], ['b']].map(cells => {
      const { data } = requestOf(cells, NOTEBOOK) as OrderOf<'execution.request'>;
      return { type: 'execution.request' as const, data: { ...data, runId } };
    });
    world.command(first ?? START, ALICE);
    world.command(second ?? START, BOB);
    world.finish('error');
    expect(world.outcomes()).toEqual([
      ['a', 'error'],
      ['b', 'cancelled']
    ]);
  });

  it('[X4] goes on after an error that the cell’s tag allows', () => {
    const world = ready();
    world.run(['brave', 'b']);
    world.finish('error');
    world.finish('ok');
    expect(world.outcomes()).toEqual([
      ['brave', 'error'],
      ['b', 'ok']
    ]);
  });

  it('[X4] cancels in the same way if it was interrupted from elsewhere', () => {
    const world = ready();
    world.run(['a', 'b'], ALICE);
    world.run(['c'], BOB);
    world.finish('interrupted');
    expect(world.outcomes()).toEqual([
      ['a', 'interrupted'],
      ['b', 'cancelled']
    ]);
  });
});

describe('cancelling', () => {
  it('[X5] ends what waits, by who cancelled it', () => {
    const world = ready();
    const [, second] = world.run(['a', 'b', 'c']);
    world.command(
      { type: 'execution.cancel', data: { executionIds: second ? [second] : [] } },
      BOB
    );
    expect(world.events.at(-1)).toMatchObject({
      type: 'execution.finished',
      actor: BOB,
      data: { cellId: 'b', outcome: 'cancelled', reason: 'cancelled by Bob' }
    });
    world.command({ type: 'execution.cancel', data: { all: true } });
    expect(world.outcomes()).toEqual([
      ['b', 'cancelled'],
      ['c', 'cancelled']
    ]);
    expect(world.state.active).toHaveLength(1);
  });

  it('[X5] does not stop what runs: it says to interrupt', () => {
    const world = ready();
    const executionIds = world.run(['a']);
    const refusal = world.refusal({ type: 'execution.cancel', data: { executionIds } });
    expect(refusal.code).toBe('already-running');
    expect(refusal.detail).toContain('Interrupt');
    world.finish('ok');
    expect(world.refusal({ type: 'execution.cancel', data: { executionIds } }).code).toBe(
      'unknown-execution'
    );
    expect(world.refusal({ type: 'execution.cancel', data: { all: true } }).code).toBe(
      'nothing-running'
    );
  });

  it('[X6] happens by itself when the cell of a waiting request is deleted or is code no more', () => {
    const world = ready();
    world.run(['a', 'b', 'c']);
    const observe = (fact: object): void => {
      const draft = { ...fact, v: 1, at: world.now, actor: BOB, assurance: 'verified' } as Draft;
      world.append(decideObservation(world.state, draft, { now: world.now }));
    };
    observe({ type: 'cell.deleted', data: { cellId: 'b', cellType: 'code', source: '2' } });
    observe({ type: 'cell.type-changed', data: { cellId: 'c', from: 'code', to: 'raw' } });
    observe({ type: 'cell.deleted', data: { cellId: 'a', cellType: 'code', source: '1' } });
    expect(world.outcomes()).toEqual([
      ['b', 'cancelled'],
      ['c', 'cancelled']
    ]);
    expect(world.state.active).toMatchObject([{ cellId: 'a' }]);
  });
});

describe('the kernel', () => {
  it('[X7] is interrupted, and what waited behind the run is cancelled', () => {
    const world = ready();
    world.run(['a', 'b']);
    world.run(['c'], BOB);
    world.command(INTERRUPT, BOB);
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.interrupt', epoch: 1 });
    world.finish('interrupted');
    expect(world.outcomes()).toEqual([
      ['b', 'cancelled'],
      ['a', 'interrupted']
    ]);
    expect(world.state.active).toMatchObject([{ cellId: 'c', phase: 'assigned' }]);
  });

  it('[X7] may be interrupted though nothing of ours runs, but not without an agent', () => {
    expect(types(ready().command(INTERRUPT))).toEqual(['kernel.interrupt-requested']);
    expect(new ExecutionWorld().refusal(INTERRUPT).code).toBe('nothing-running');
  });

  it('[X7] is restarted, and what is requested after that runs', () => {
    const world = ready();
    world.run(['a', 'b']);
    world.command(RESTART);
    world.run(['a', 'b']);
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.restart-kernel' });
    world.finish('interrupted');
    world.finish('ok');
    world.finish('ok');
    expect(world.outcomes()).toEqual([
      ['b', 'cancelled'],
      ['a', 'interrupted'],
      ['a', 'ok'],
      ['b', 'ok']
    ]);
    expect(new ExecutionWorld().refusal(RESTART).code).toBe('runtime-unavailable');
  });
});

describe('the agent', () => {
  it('[X8] is started and stopped on request; what it had is interrupted, what waited cancelled', () => {
    const world = ready();
    expect(world.command(START)).toEqual([]);
    world.run(['a', 'b']);
    world.start();
    world.command(STOP, BOB);
    expect(types(world.effects.slice(-2))).toEqual(['agent.interrupt', 'agent.stop']);
    world.report({ type: 'exited', code: 0, reason: 'stopped' });
    expect(world.outcomes()).toEqual([
      ['b', 'cancelled'],
      ['a', 'interrupted']
    ]);
    expect(world.events.at(-1)).toMatchObject({
      data: { reason: 'Bob stopped the runtime agent' }
    });
    expect(world.state.agent.phase).toBe('none');
    expect(world.refusal(STOP).code).toBe('nothing-running');
  });

  it('[X8] is restarted: what it had is interrupted, what waits runs in the next one', () => {
    const world = ready();
    world.run(['a', 'b']);
    world.command(AGAIN);
    world.report({ type: 'exited', code: 0, reason: 'stopped' });
    expect(world.outcomes()).toEqual([['a', 'interrupted']]);
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.start', epoch: 2 });
    world.ready();
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.run', epoch: 2, cellId: 'b' });
  });

  it('[X8] that is being stopped is started again for a new request', () => {
    const world = ready();
    world.command(STOP);
    world.run(['a']);
    world.report({ type: 'exited', code: 0, reason: 'stopped' });
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.start', epoch: 2 });
  });

  it('[X9] that dies is followed by one that goes on with the run', () => {
    const world = ready();
    const [executionId] = world.run(['a', 'b']);
    world.start();
    world.report({ type: 'exited', code: 1, reason: 'killed' });
    expect(world.events.slice(-2)).toMatchObject([
      { type: 'agent.stopped', data: { outcome: 'failed', reason: 'killed' } },
      { type: 'agent.start-requested' }
    ]);
    expect(world.effects.at(-1)).toMatchObject({
      type: 'agent.start',
      epoch: 2,
      resume: { run: { executionId, source: '1' }, kernelId: 'kernel' }
    });
    world.ready();
    world.finish('ok');
    expect(world.outcomes()).toEqual([['a', 'ok']]);
    expect(world.state.active).toMatchObject([{ cellId: 'b', phase: 'assigned' }]);
  });

  it('[X9] that dies again and again is given up, and the run ends with the reason', () => {
    const world = ready();
    world.run(['a', 'b'], ALICE);
    world.run(['c'], BOB);
    for (let failure = 0; failure < 4; failure++) {
      world.ready();
      world.report({ type: 'exited', code: 1, reason: 'out of memory' });
    }
    expect(world.outcomes()).toEqual([
      ['a', 'interrupted'],
      ['b', 'cancelled']
    ]);
    expect(JSON.stringify(world.events)).toContain('out of memory');
    world.ready();
    world.finish('ok');
    expect(world.outcomes().at(-1)).toEqual(['c', 'ok']);
  });

  it('[X9] that never gets ready ends every request', () => {
    const world = new ExecutionWorld();
    world.run(['a'], ALICE);
    world.run(['b'], BOB);
    for (let failure = 0; failure < 4; failure++) {
      world.report({ type: 'exited', code: 1, reason: 'no Node' });
    }
    expect(world.outcomes()).toEqual([
      ['a', 'cancelled'],
      ['b', 'cancelled']
    ]);
    expect(world.state).toMatchObject({ agent: { phase: 'none' }, active: [] });
  });

  it('[X9] that worked for a while may die more often', () => {
    const world = ready();
    world.run(['a']);
    for (let failure = 0; failure < 10; failure++) {
      world.seconds += 100;
      world.report({ type: 'exited', code: 1, reason: 'killed' });
      world.ready();
    }
    expect(world.outcomes()).toEqual([]);
  });

  it('[X10] of an older epoch is not heard', () => {
    const world = ready();
    const [executionId] = world.run(['a']);
    world.report({ type: 'exited', code: 1, reason: 'lost' });
    world.ready();
    const finished = {
      type: 'finished' as const,
      executionId: executionId ?? ('' as never),
      cellId: 'a' as CellId,
      outcome: 'ok' as const,
      executionCount: 1,
      startedAt: null,
      finishedAt: world.now
    };
    expect(world.report(finished, 1)).toEqual([]);
    expect(types(world.report(finished, 2))).toEqual(['execution.finished']);
    expect(world.report(finished, 2)).toEqual([]);
  });

  it('[X11] acts on behalf of who asked', () => {
    const world = ready();
    world.run(['a'], BOB);
    world.start();
    expect(world.events.slice(-2).map(({ actor }) => actor)).toEqual([
      runtimeActor(BOB),
      runtimeActor(BOB)
    ]);
  });

  it('[X12] is stopped when it is idle, not while something runs', () => {
    const world = ready();
    world.run(['a']);
    expect(decideIdle(world.state, { now: world.now })).toEqual([]);
    world.finish('ok');
    world.append(decideIdle(world.state, { now: world.now }));
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.stop' });
    world.report({ type: 'exited', code: 0, reason: 'stopped' });
    expect(world.events.at(-1)).toMatchObject({ data: { outcome: 'idle' } });
  });

  it('[X12] learns that its notebook was renamed', () => {
    const world = ready();
    const renamed = { type: 'notebook.renamed', v: 1, data: { from: 'a', to: 'b' } } as const;
    world.append([{ ...renamed, at: world.now, actor: ALICE, assurance: 'verified' }]);
    expect(world.effects).toMatchObject([{ type: 'agent.moved', path: 'b' }]);
  });
});

describe('a host that starts again', () => {
  it('[X13] goes on with what an agent had, and lets wait what waits', () => {
    const world = ready();
    const [executionId] = world.run(['a', 'b']);
    world.append(decideStart(world.state, { now: world.now }));
    expect(types(world.events.slice(-2))).toEqual(['agent.stopped', 'agent.start-requested']);
    expect(world.effects.at(-1)).toMatchObject({ epoch: 2, resume: { run: { executionId } } });
    expect(world.outcomes()).toEqual([]);
    expect(world.state.active).toHaveLength(2);
  });

  it('[X13] finishes a stop that was asked for', () => {
    const world = ready();
    world.run(['a']);
    world.command(STOP);
    world.append(decideStart(world.state, { now: world.now }));
    expect(world.outcomes()).toEqual([['a', 'interrupted']]);
    expect(world.state.agent.phase).toBe('none');
  });

  it('[X13] leaves a notebook alone in which nothing ran', () => {
    expect(decideStart(new ExecutionWorld().state, { now: '2026-01-01T00:00:00.000Z' })).toEqual(
      []
    );
  });
});
