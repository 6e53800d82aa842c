import { describe, expect, it } from 'vitest';
import { crateOf } from '../../../agent/core/export/crate.js';
import { busyExecution } from '../../../agent/core/execution/state.js';
import type { AgentReport } from '../../../agent/core/execution/react.js';
import { executionRecord } from '../../../agent/core/views/execution-record.js';
import { leftOutputs } from '../../../agent/core/views/left-outputs.js';
import type { Digest, Event, ExecutionId } from '../../../schema/index.js';
import { ALICE, ExecutionWorld } from './execution-world.js';

const digest = (letter: string) => letter.repeat(64) as Digest;

/** What the agent tells of its kernel. */
function told(environment: string, packages: string, executionIds: ExecutionId[] = []) {
  return {
    type: 'environment',
    ...{ environment: digest(environment), kernelId: 'kernel', kernelName: 'python3' },
    ...{ language: 'python', languageVersion: '3.12.3' },
    ...{ implementation: 'ipython', implementationVersion: '9.1.0' },
    ...{ interpreter: '/venv/bin/python', prefix: '/venv', packages: digest(packages) },
    ...{ packageList: [`${packages}==1`], executionIds }
  } satisfies AgentReport;
}

function ready(): ExecutionWorld {
  const world = new ExecutionWorld();
  world.run(['a', 'b']);
  world.report({ type: 'spawned', pid: 7 });
  world.ready();
  return world;
}

/** Ends the run that the agent has, in this environment if one is known; gives its id. */
function end(world: ExecutionWorld, environment?: string): ExecutionId {
  const { executionId, cellId } = busyExecution(world.state)!;
  world.start();
  world.report({
    ...{ type: 'finished', executionId, cellId, outcome: 'ok', executionCount: 1 },
    ...{ startedAt: world.now, finishedAt: world.now },
    ...(environment !== undefined && { environment: digest(environment) })
  });
  return executionId;
}

const environments = (world: ExecutionWorld) =>
  world.events.flatMap(event => (event.type === 'environment.recorded' ? [event.data] : []));

describe('what a run ran in', () => {
  it('[DU7] is recorded once for a kernel, and the packages once for a stream', () => {
    const world = ready();
    world.report(told('1', 'a'));
    world.report(told('1', 'a'));
    world.report(told('2', 'b'));
    world.report(told('1', 'a'));
    world.report({ ...told('1', 'a'), kernelId: 'another' });
    expect(environments(world)).toMatchObject([
      { environment: digest('1'), packageList: ['a==1'] },
      { environment: digest('2'), packageList: ['b==1'] },
      { environment: digest('1') },
      { environment: digest('1'), kernelId: 'another' }
    ]);
    expect(environments(world).map(({ packageList }) => packageList !== undefined)).toEqual([
      ...[true, true, false, false]
    ]);
  });

  it('[DU8] belongs to the runs that name it, and to those that ended before it was known', () => {
    const world = ready();
    const first = end(world);
    expect(executionRecord(world.events, first)?.environment).toBeNull();
    world.report(told('1', 'a', [first]));
    world.report(told('2', 'b'));
    world.report({ ...told('1', 'a'), kernelId: 'another' });
    const second = end(world, '1');
    for (const id of [first, second]) {
      expect(executionRecord(world.events, id)).toMatchObject({
        requester: ALICE,
        environment: { environment: digest('1'), packageList: ['a==1'], prefix: '/venv' }
      });
    }
    expect(executionRecord(world.events, 'nobody' as ExecutionId)).toBeUndefined();
  });

  it('[DU9] stands in the crate beside the kernel', () => {
    const world = ready();
    end(world, undefined);
    world.report(told('1', 'a'));
    end(world, '1');
    const options = { subject: 'a.ipynb', at: world.now, lines: () => [] };
    const source = (types?: readonly string[]) =>
      world.events.filter(({ type }) => types?.includes(type) !== false);
    const files = [...crateOf(source, options)].map(({ path, pieces }) => [
      path,
      [...pieces].join('')
    ]);
    const { '@graph': graph } = JSON.parse(files.at(-1)![1]!) as { '@graph': object[] };
    const kernels = graph.filter(entity => JSON.stringify(entity).includes('Jupyter kernel'));
    expect(kernels).toHaveLength(2);
    expect(kernels[1]).toMatchObject({
      identifier: digest('1'),
      programmingLanguage: 'python 3.12.3',
      softwareVersion: 'ipython 9.1.0',
      softwareRequirements: `packages sha256:${digest('a')}`
    });
  });
});

describe('what is left of a run', () => {
  const event = (offset: number, type: string, data: object): Event =>
    ({ offset, type, data, stream: '/notebooks/file', actor: { kind: 'runtime' } }) as never;
  const output = { outputType: 'stream', preview: 'x', bytes: 1, digest: digest('0') };
  const begun = [
    event(3, 'execution.requested', { executionId: 'run', cellId: 'a' }),
    event(4, 'execution.started', { executionId: 'run', cellId: 'a' }),
    event(5, 'output.added', { cellId: 'a', index: 0, outputs: [output] })
  ];
  const run = { executionId: 'run', cellId: 'a' } as never;

  it('[DU10] is what its cell had when it was deleted before the end, else what it had at the end', () => {
    const summaries = [output];
    expect(leftOutputs(begun, run, 9)).toEqual({ offset: 9, summaries });
    const deleted = event(6, 'cell.deleted', { cellId: 'a' });
    expect(leftOutputs([...begun, deleted], run, 9)).toEqual({ offset: 5, summaries });
    const back = event(7, 'cell.created', { cellId: 'a' });
    expect(leftOutputs([...begun, deleted, back], run, 9).offset).toBe(9);
    const other = event(6, 'cell.deleted', { cellId: 'b' });
    expect(leftOutputs([...begun, other], run, 9).offset).toBe(9);
  });
});
