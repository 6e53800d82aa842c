/** What follows when a run has ended without a word of its agent. */
import { describe, expect, it } from 'vitest';
import { decideStart, decideTidying } from '../../../agent/core/execution/react.js';
import { ExecutionWorld } from './execution-world.js';

const KERNEL = { kernelId: 'kernel', kernelName: 'python3' };

/** An agent was stopped while it ran a cell, and did not leave in time. */
function stopped(): ExecutionWorld {
  const world = new ExecutionWorld();
  world.run(['a']);
  world.report({ type: 'spawned', pid: 1 });
  world.ready();
  world.command({ type: 'agent.stop', data: {} });
  world.report({ type: 'exited', code: null, reason: 'ended by SIGKILL' });
  return world;
}

describe('a run that ended without a word of its agent', () => {
  it('[Z6] is tidied up by an agent that comes, and goes at once', () => {
    const world = stopped();
    expect(world.state.untidy).toEqual(['a']);
    world.append(decideTidying(world.state, { now: world.now }));
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.start', epoch: 2 });
    world.report({ type: 'ready', ...KERNEL });
    expect(world.effects.at(-1)).toMatchObject({ type: 'agent.stop', epoch: 2 });
    expect(world.state.untidy).toBeUndefined();
  });

  it('[Z6] is not tidied up without end', () => {
    const world = stopped();
    for (let attempt = 0; attempt < 10; attempt += 1) {
      world.append(decideTidying(world.state, { now: world.now }));
      world.report({ type: 'exited', code: 1, reason: 'no room' });
    }
    expect(world.effects.filter(({ type }) => type === 'agent.start')).toHaveLength(5);
  });

  it('[Z7] is interrupted, and not run again, when the server went before its kernel was known', () => {
    const world = new ExecutionWorld();
    world.run(['a', 'b']);
    world.report({ type: 'spawned', pid: 1 });
    world.report({ type: 'ready', kernelId: null, kernelName: null });
    world.append(decideStart(world.state, { now: world.now, newServer: true }));
    expect(world.outcomes()).toEqual([
      ['a', 'interrupted'],
      ['b', 'cancelled']
    ]);
    expect(world.state.agent.phase).toBe('none');
  });
});
