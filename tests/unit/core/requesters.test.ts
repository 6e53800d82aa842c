import { describe, expect, it } from 'vitest';
import { runtimeActor } from '../../../agent/core/actors.js';
import { runsOf } from '../../../agent/core/export/runs.js';
import { requesterOf } from '../../../agent/core/execution/state.js';
import { runOfUpload, uploadId } from '../../../agent/core/outputs/upload-id.js';
import type { Actor, CellId, OutputSummary } from '../../../schema/index.js';
import { ALICE, BOB, ExecutionWorld } from './execution-world.js';

function ready(): ExecutionWorld {
  const world = new ExecutionWorld();
  world.command({ type: 'agent.start', data: {} });
  world.report({ type: 'spawned', pid: 7 });
  world.ready();
  return world;
}

describe('who asked for a run', () => {
  it('[WA6] is known while it runs and when it has ended, whoever’s run goes on', () => {
    const world = ready();
    const [alices] = world.run(['a'], ALICE);
    const [bobs] = world.run(['b'], BOB);
    expect(requesterOf(world.state, alices)?.id).toBe('alice');
    world.start();
    world.finish('ok');
    expect(requesterOf(world.state, alices)?.id).toBe('alice');
    expect(requesterOf(world.state, bobs)?.id).toBe('bob');
  });

  it('[WA6] is the person for whom an assistant asked', () => {
    const assistant: Actor = { kind: 'assistant', id: 'helper', onBehalfOf: ALICE };
    const world = ready();
    const [run] = world.run(['a'], assistant);
    world.finish('ok');
    expect(requesterOf(world.state, run)).toEqual(ALICE);
  });

  it('[WA6] is nobody’s for a run that no agent has had, or of which nothing can come any more', () => {
    const world = ready();
    const [first] = world.run(['a'], ALICE);
    const [waits] = world.run(['b'], BOB);
    expect(requesterOf(world.state, waits)).toBeUndefined();
    world.finish('interrupted');
    world.finish('ok');
    const [second] = world.run(['a'], BOB);
    world.finish('ok');
    expect(requesterOf(world.state, first)).toBeUndefined();
    expect(requesterOf(world.state, second)?.id).toBe('bob');
    expect(requesterOf(world.state, 'of a console')).toBeUndefined();
    expect(requesterOf(world.state, undefined)).toBeUndefined();
    const data = { cellId: 'a' as CellId, at: 0 };
    const deleted = { type: 'cell.deleted', v: 1, data, at: world.now } as never;
    world.append([deleted]);
    expect(requesterOf(world.state, second)).toBeUndefined();
  });
});

it('[WA8] an export gives to a run what it showed itself, not what somebody else’s run put there later', () => {
  const world = ready();
  const [alices] = world.run(['a'], ALICE);
  world.start();
  const output = (preview: string): OutputSummary =>
    ({ outputType: 'display_data', preview, bytes: 1, digest: preview }) as never;
  const says = (data: object, type: string, actor: Actor): unknown =>
    world.append([{ v: 1, at: world.now, assurance: 'verified', type, actor, data } as never]);
  const changed = { cellId: 'a', index: 0 };
  says({ ...changed, outputs: [output('first')] }, 'output.added', runtimeActor(ALICE));
  world.finish('ok');
  says({ ...changed, output: output('late') }, 'output.changed', runtimeActor(ALICE));
  says({ ...changed, output: output('of bob') }, 'output.changed', runtimeActor(BOB));
  const run = [...runsOf(world.events)].find(({ executionId }) => executionId === alices);
  expect(run?.outputs.map(({ preview }) => preview)).toEqual(['late']);
});

it('[WA7] an upload names its run, unless its value is not of the run whose cell it is', () => {
  expect(runOfUpload(uploadId('a-run-1', 12, true))).toBe('a-run-1');
  expect(runOfUpload(uploadId('a-run-1', 12, false))).toBeUndefined();
  expect(runOfUpload('nothing')).toBeUndefined();
});
