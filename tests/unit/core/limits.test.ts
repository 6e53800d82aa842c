import { describe, expect, it } from 'vitest';
import { busyExecution } from '../../../agent/core/execution/state.js';
import type { AgentReport } from '../../../agent/core/execution/react.js';
import { ExecutionWorld } from './execution-world.js';

describe('a limit that is reached', () => {
  it('[C8] is recorded once for a run, on behalf of its requester, and only for the run that the agent has', () => {
    const world = new ExecutionWorld();
    world.run(['a', 'b']);
    world.report({ type: 'spawned', pid: 7 });
    world.ready();
    const { executionId, cellId, requester } = busyExecution(world.state)!;
    const told = { limit: 'output', allowed: 1000, used: 1100 } as const;
    const reached: AgentReport = { type: 'limit-reached', executionId, cellId, ...told };
    const [fact, ...more] = world.report(reached);
    expect(more).toEqual([]);
    expect(fact).toMatchObject({
      type: 'execution.limit-reached',
      actor: { kind: 'runtime', onBehalfOf: { id: requester.id } },
      data: { executionId, cellId, ...told }
    });
    expect(world.report(reached)).toEqual([]);
    world.finish('interrupted');
    expect(world.report(reached)).toEqual([]);
    expect(world.outcomes().map(([, outcome]) => outcome)).toEqual(['interrupted', 'cancelled']);
  });

  it('[C27] stands in the end of the run, also if the agent that tells the end knows nothing of it', () => {
    const world = new ExecutionWorld();
    world.run(['a']);
    world.report({ type: 'spawned', pid: 7 });
    world.ready();
    const { executionId, cellId } = busyExecution(world.state)!;
    const told = { limit: 'output', allowed: 1000, used: 1100 } as const;
    world.report({ type: 'limit-reached', executionId, cellId, ...told });
    const words = 'The run reached its limit of output: 1 kB are allowed, it wrote 1.1 kB.';
    const at = { executionCount: 1, startedAt: world.now, finishedAt: world.now };
    const [end] = world.report({
      ...{ type: 'finished', executionId, cellId, outcome: 'interrupted', ...at },
      reason: 'The kernel could not be reached.'
    });
    expect(end?.data).toMatchObject({
      outcome: 'interrupted',
      reason: `${words} The kernel could not be reached.`,
      error: { ename: 'LimitReached', evalue: words }
    });
  });
});
