import { describe, expect, it } from 'vitest';
import { decideStart } from '../../../agent/core/execution/react.js';
import { busyExecution, overExecution } from '../../../agent/core/execution/state.js';
import type { CellId, Draft } from '../../../schema/index.js';
import { ALICE, BOB, ExecutionWorld, NOTEBOOK, requestOf } from './execution-world.js';

const types = (list: readonly { type: string }[]): string[] => list.map(({ type }) => type);

/** A world in which Alice has asked for these cells and the first one runs. */
function running(cells: readonly string[]): ExecutionWorld {
  const world = new ExecutionWorld();
  world.run(cells);
  world.report({ type: 'spawned', pid: 7 });
  world.ready();
  world.start();
  return world;
}

describe('the next run of a request', () => {
  it('[LT4] is given to the agent when the kernel is done with the one before, whose end follows', () => {
    const world = running(['a', 'b', 'c']);
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.run', cellId: 'a', followed: true });
    expect(world.over()).toMatchObject([
      {
        type: 'execution.assigned',
        data: { cellId: 'b', after: { cellId: 'a', outcome: 'ok', executionCount: 1 } }
      }
    ]);
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.run', cellId: 'b', followed: true });
    world.start();
    // One at a time all the same: the end of the first is still to come.
    expect(world.over()).toEqual([]);
    expect(types(world.finish('ok'))).toEqual(['execution.finished']);
    expect(types(world.over())).toEqual(['execution.assigned']);
    expect(world.effects.at(-1)).not.toHaveProperty('followed');
    world.finish('ok');
    world.finish('ok');
    expect(world.outcomes()).toEqual([
      ['a', 'ok'],
      ['b', 'ok'],
      ['c', 'ok']
    ]);
  });

  it('[LT4] waits for the end of the one before in another request, of another person, in the same cell, and after an interrupt', () => {
    const other = running(['a']);
    other.run(['b']);
    expect(other.over()).toEqual([]);

    const person = running(['a']);
    const { runId } = person.state.active[0]!;
    const [requested] = person.events;
    const theirs = { cellId: 'b' as CellId, executionId: 'theirs', runId };
    person.append([
      { ...requested, actor: BOB, data: { ...requested!.data, ...theirs } } as unknown as Draft
    ]);
    expect(person.over()).toEqual([]);

    expect(running(['a', 'a']).over()).toEqual([]);

    const stopped = running(['a', 'b']);
    stopped.command({ type: 'kernel.interrupt', data: {} }, BOB);
    expect(stopped.over()).toEqual([]);
  });

  it('[LT4] is not begun after an error, a failure or a cancellation', () => {
    const world = running(['a', 'b']);
    const { executionId, cellId } = world.state.active[0]!;
    const at = { executionCount: 1, startedAt: world.now, finishedAt: world.now };
    for (const outcome of ['error', 'interrupted', 'cancelled'] as const) {
      expect(world.report({ type: 'over', executionId, cellId, outcome, ...at })).toEqual([]);
    }
    expect(world.finish('error').map(({ data }) => data)).toMatchObject([
      { cellId: 'a', outcome: 'error' },
      { cellId: 'b', outcome: 'cancelled' }
    ]);
  });

  it('[LT5] is what an interrupt, a cancel and a question mean while the end of the one before is to come', () => {
    const world = running(['a', 'b', 'c']);
    world.over();
    world.start();
    expect(world.state.active.map(({ cellId }) => cellId)).toEqual(['a', 'b', 'c']);
    const [, b] = world.state.active;
    expect(
      world.refusal({ type: 'execution.cancel', data: { executionIds: [b!.executionId] } })
    ).toMatchObject({ code: 'already-running' });
    world.command({ type: 'kernel.interrupt', data: {} });
    expect(world.outcomes()).toEqual([['c', 'cancelled']]);
    expect(world.refusal({ type: 'execution.cancel', data: { runId: b!.runId } })).toMatchObject({
      code: 'already-running'
    });
    expect(types(world.finish('ok'))).toEqual(['execution.finished']);
    expect(types(world.finish('interrupted'))).toEqual(['execution.finished']);
    expect(world.state.active).toEqual([]);
  });

  it('[LT5] is gone on with by the next agent, together with the one before, which is never run again', () => {
    const world = running(['a', 'b', 'c']);
    world.over();
    world.append(decideStart(world.state, { now: world.now }));
    expect(world.effects.at(-1)).toMatchObject({
      type: 'agent.start',
      epoch: 2,
      resume: {
        run: { cellId: 'b' },
        before: { run: { cellId: 'a' }, kernelId: 'kernel', end: { outcome: 'ok' } }
      }
    });
    world.ready();
    world.finish('ok');
    expect(overExecution(world.state)).toBeUndefined();
    expect(busyExecution(world.state)).toMatchObject({ cellId: 'b' });
    world.finish('ok');
    expect(types(world.events).filter(type => type === 'execution.assigned')).toHaveLength(3);
  });

  it('[LT5] ends with the one before it when the agent is stopped or given up, and both cells are tidied', () => {
    const stopped = running(['a', 'b', 'c']);
    stopped.over();
    stopped.command({ type: 'agent.stop', data: {} });
    stopped.report({ type: 'exited', code: 0, reason: 'stopped' });
    expect(stopped.outcomes()).toEqual([
      ['c', 'cancelled'],
      ['a', 'interrupted'],
      ['b', 'interrupted']
    ]);
    expect(stopped.state.untidy).toEqual(['a', 'b']);

    const failing = running(['a', 'b', 'c']);
    failing.over();
    for (let times = 0; times < 4; times += 1) {
      failing.report({ type: 'exited', code: 1, reason: 'killed' });
      failing.report({ type: 'spawned', pid: 8 });
    }
    expect(failing.outcomes()).toEqual([
      ['a', 'interrupted'],
      ['b', 'interrupted'],
      ['c', 'cancelled']
    ]);
  });

  it('[LT5] is asked for by anybody as ever', () => {
    const world = running(['a', 'b']);
    world.over();
    world.command(requestOf(['c'], NOTEBOOK), ALICE);
    expect(world.state.active.map(({ phase }) => phase)).toEqual([
      'running',
      'assigned',
      'requested'
    ]);
  });
});
