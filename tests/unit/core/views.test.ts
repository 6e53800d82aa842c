import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runtimeActor } from '../../../agent/core/actors.js';
import { evolveCellsView, foldCellsView, NO_CELLS } from '../../../agent/core/views/cells.js';
import {
  addEvent,
  addEvents,
  newestFirst,
  NO_HISTORY,
  prependOlder
} from '../../../agent/core/views/history.js';
import type { History } from '../../../agent/core/views/history.js';
import { runtimeView } from '../../../agent/core/views/runtime.js';
import type { Actor, CellId, Event, Fact } from '../../../schema/index.js';
import { anyFact } from './arbitrary-facts.js';
import { ALICE, BOB, ExecutionWorld, STREAM } from './execution-world.js';

const LOAD: Actor = { kind: 'system', id: 'load' };
const START = Date.UTC(2026, 0, 1);
const AT = '2026-01-01T00:00:00.000Z';

/** Events one second apart, or as many ms as given. */
function stream(...facts: (readonly [object, Actor, number?])[]): Event[] {
  let time = START;
  return facts.map(([fact, actor, after = 1000], index) => {
    time += after;
    return {
      v: 1,
      ...fact,
      id: `event-${index + 1}`,
      stream: STREAM,
      offset: index + 1,
      at: new Date(time).toISOString(),
      actor,
      assurance: 'verified'
    } as Event;
  });
}

const typed = (cellId: string, inserted: string): object => ({
  type: 'cell.source-changed',
  data: { cellId, splice: { at: 0, deleted: '', inserted } }
});

const history = (events: readonly Event[]): History => events.reduce(addEvent, NO_HISTORY);

describe('the history', () => {
  it('[M21] has one entry for a burst of typing, whoever else types meanwhile', () => {
    const { entries } = history(
      stream(
        [typed('a', 'one'), ALICE],
        [typed('b', 'x'), BOB],
        [typed('a', ' two'), ALICE],
        [typed('a', 'late'), ALICE, 60_001]
      )
    );
    expect(entries).toMatchObject([
      {
        kind: 'edited',
        actor: ALICE,
        cellIds: ['a'],
        events: 2,
        details: { inserted: 7, times: 2 },
        first: { offset: 1 },
        last: { offset: 3 }
      },
      { actor: BOB },
      { details: { inserted: 4 } }
    ]);
  });

  it('[M21] ends a burst when somebody else changes the cell', () => {
    const { entries } = history(
      stream([typed('a', '1'), ALICE], [typed('a', '2'), BOB], [typed('a', '3'), ALICE])
    );
    expect(entries.map(({ actor }) => actor.id)).toEqual(['alice', 'bob', 'alice']);
  });

  it('[M22] has one entry for a run, with what the runtime wrote because of it', () => {
    const world = new ExecutionWorld();
    world.run(['a', 'b'], ALICE);
    world.ready();
    world.seconds = 5;
    world.start();
    world.append([
      {
        type: 'output.cleared',
        v: 1,
        data: { cellId: 'a' as CellId, index: 0, count: 1 },
        at: world.now,
        actor: runtimeActor(ALICE),
        assurance: 'verified'
      }
    ]);
    world.seconds = 5;
    world.finish('ok');
    const runs = history(world.events).entries.filter(({ kind }) => kind === 'run');
    expect(runs).toMatchObject([
      {
        actor: ALICE,
        cellIds: ['a'],
        events: 5,
        details: { phase: 'ok', outputs: 1, milliseconds: 0, source: '1', executionCount: 1 }
      },
      { actor: ALICE, cellIds: ['b'], details: { phase: 'assigned' } }
    ]);
  });

  it('[M22] puts outputs to the run that made them, not to one that still waits', () => {
    const world = new ExecutionWorld();
    world.run(['a']);
    world.ready();
    world.run(['a']);
    const output = { cellId: 'a' as CellId, index: 0, count: 1 };
    const author = { at: world.now, actor: runtimeActor(ALICE), assurance: 'verified' as const };
    world.append([{ type: 'output.cleared', v: 1, data: output, ...author }]);
    const runs = history(world.events).entries.filter(({ kind }) => kind === 'run');
    expect(runs).toMatchObject([{ details: { outputs: 1 } }, { details: { outputs: 0 } }]);
  });

  it('[WA8] puts no output into a run of somebody else', () => {
    const world = new ExecutionWorld();
    world.run(['a'], ALICE);
    world.report({ type: 'spawned', pid: 7 });
    world.ready();
    world.start();
    world.finish('ok');
    world.run(['b'], BOB);
    world.start();
    const added = (cellId: string) => ({
      type: 'output.added',
      data: { cellId, at: 0, outputs: [] }
    });
    const runs = (fact: object, actor: Actor): unknown[] => {
      const next = { ...fact, v: 1, id: 'next', stream: STREAM, at: world.now, actor };
      const offset = world.events.length + 1;
      const event = { ...next, offset, assurance: 'verified' } as Event;
      return history([...world.events, event]).entries.flatMap(({ actor: who, details }) =>
        details.kind === 'run' ? [[who.id, details.outputs]] : []
      );
    };
    expect(runs(added('a'), runtimeActor(ALICE))).toEqual([
      ['alice', 1],
      ['bob', 0]
    ]);
    expect(runs(added('a'), runtimeActor(BOB))).toEqual([
      ['alice', 0],
      ['bob', 0]
    ]);
    expect(runs(added('c'), runtimeActor(BOB))).toEqual([
      ['alice', 0],
      ['bob', 1]
    ]);
    expect(runs(added('c'), runtimeActor())).toEqual([
      ['alice', 0],
      ['bob', 0]
    ]);
  });

  it('[M22] tells how long a run took and how it ended', () => {
    const run = { executionId: 'x', cellId: 'a' };
    const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();
    const error = { ename: 'ValueError', evalue: 'no' };
    const [entry] = history(
      stream(
        [{ type: 'execution.requested', data: { ...run, runId: 'r', source: '1' } }, BOB],
        [{ type: 'execution.started', data: { ...run, startedAt: at(2) } }, runtimeActor(BOB)],
        [
          {
            type: 'execution.finished',
            data: { ...run, outcome: 'error', error, startedAt: at(2), finishedAt: at(4.5) }
          },
          runtimeActor(BOB)
        ]
      )
    ).entries;
    expect(entry).toMatchObject({
      actor: BOB,
      details: { phase: 'error', milliseconds: 2500, error }
    });
  });

  it('[M28] tells the beginning of what an error says', () => {
    const said = (evalue: string): string | undefined => {
      const error = { ename: 'E', evalue };
      const data = { executionId: 'e', cellId: 'a', outcome: 'error', finishedAt: AT, error };
      const [entry] = history(stream([{ type: 'execution.finished', data }, ALICE])).entries;
      return entry?.details.kind === 'run' ? entry.details.error?.evalue : undefined;
    };
    expect(said('division by zero')).toBe('division by zero');
    expect(said('x'.repeat(300))).toBe('x'.repeat(300));
    expect(said(`${'x'.repeat(299)}😀 and more`)).toBe(`${'x'.repeat(299)}…`);
  });

  it('[M23] has one entry for a file that was opened, one for saves in a row', () => {
    const created = { type: 'cell.created', data: { cellId: 'a', cellType: 'code', source: '' } };
    const saved = { type: 'notebook.saved', data: { path: 'p' } };
    const { entries } = history(
      stream(
        [{ type: 'notebook.opened', data: { path: 'p', epoch: 1 } }, LOAD],
        [created, LOAD, 0],
        [{ ...created, data: { ...created.data, cellId: 'b' } }, LOAD, 0],
        [saved, LOAD],
        [saved, LOAD]
      )
    );
    expect(entries).toMatchObject([
      { kind: 'opened', cellIds: ['a', 'b'], details: { created: 2 } },
      { kind: 'saved', details: { times: 2 } }
    ]);
  });

  it('[M23] has one entry for the cells that one gesture deleted', () => {
    const deleted = (cellId: string): object => ({
      type: 'cell.deleted',
      data: { cellId, cellType: 'code', source: cellId }
    });
    const { entries } = history(
      stream([deleted('a'), ALICE], [deleted('b'), ALICE, 0], [deleted('c'), BOB, 0])
    );
    expect(entries).toMatchObject([{ cellIds: ['a', 'b'] }, { cellIds: ['c'] }]);
  });

  it('[M24] is the same however it was loaded', () => {
    const people = [ALICE, BOB, LOAD, runtimeActor(ALICE)];
    const some = fc.array(fc.tuple(anyFact, fc.nat(3), fc.nat(3000)), { maxLength: 40 });
    fc.assert(
      fc.property(some, fc.nat(40), (list, cut) => {
        const events = stream(
          ...list.map(([fact, actor, after]): [Fact, Actor, number] => [
            fact,
            people[actor] ?? ALICE,
            after
          ])
        );
        const whole = history(events);
        const newer = addEvents(NO_HISTORY, events.slice(cut));
        expect(prependOlder(newer, events.slice(0, cut))).toEqual(whole);
        expect(addEvents(history(events.slice(0, cut)), events)).toEqual(whole);
        expect(newestFirst(whole)).toEqual(whole.entries.toReversed());
        const keys = whole.entries.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        const counted = whole.entries.reduce((sum, entry) => sum + entry.events, 0);
        expect(counted).toBe(events.length);
      }),
      { numRuns: 1000 }
    );
  });
});

describe('the view of the cells', () => {
  it('[M25] says who ran a cell last, and who waits', () => {
    const world = new ExecutionWorld();
    world.run(['a', 'b'], BOB);
    world.ready();
    world.start();
    const running = foldCellsView(world.events);
    expect(running.cells['a']).toMatchObject({ lastRun: { actor: BOB, outcome: 'running' } });
    expect(running.cells['a']).not.toHaveProperty('waiting');
    expect(running.cells['b']).toMatchObject({ waiting: [{ actor: BOB }] });
    world.finish('error');
    const ended = foldCellsView(world.events);
    expect(ended.cells['a']).toMatchObject({ lastRun: { actor: BOB, outcome: 'error' } });
    expect(ended.cells['b']).toEqual({});
    expect(world.events.reduce(evolveCellsView, NO_CELLS)).toEqual(ended);
    expect(ended.offset).toBe(world.events.length);
  });

  it('[M25] says who last changed a cell, and forgets a deleted one', () => {
    const events = stream(
      [typed('a', 'x'), ALICE],
      [typed('a', 'y'), BOB],
      [typed('b', 'y'), BOB],
      [{ type: 'cell.deleted', data: { cellId: 'b', cellType: 'code', source: '' } }, BOB]
    );
    expect(foldCellsView(events).cells).toEqual({
      a: { lastChange: { actor: BOB, assurance: 'verified', at: events[1]?.at, offset: 2 } }
    });
  });
});

it('[M26] the view of the runtime shows the agent, what runs and what waits', () => {
  const world = new ExecutionWorld();
  world.run(['a', 'b'], BOB);
  expect(runtimeView(world.state)).toMatchObject({
    agent: { phase: 'starting', epoch: 1, kernelId: null },
    queue: { running: null, waiting: [{ cellId: 'a' }, { cellId: 'b', actor: BOB }] }
  });
  world.ready();
  world.start();
  expect(runtimeView(world.state)).toMatchObject({
    agent: { phase: 'ready', kernelName: 'python3' },
    queue: { running: { cellId: 'a', startedAt: world.now }, waiting: [{ cellId: 'b' }] }
  });
});
