import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evolveRuntime } from '../../../agent/core/execution/evolve.js';
import { decideIdle, decideObservation, decideStart } from '../../../agent/core/execution/react.js';
import {
  assignedExecutions,
  busyExecution,
  IDLE_RUNTIME
} from '../../../agent/core/execution/state.js';
import type { RuntimeState } from '../../../agent/core/execution/state.js';
import type { Draft, Order } from '../../../schema/index.js';
import { Fact } from '../../../schema/index.js';
import { anyFact } from './arbitrary-facts.js';
import { ALICE, BOB, ExecutionWorld, requestOf } from './execution-world.js';
import { NOTEBOOK } from './execution-world.js';

const CELLS = ['a', 'b', 'c', 'd', 'brave', 'empty'];
const ORDERS: Order['type'][] = [
  'kernel.interrupt',
  'kernel.restart',
  'agent.start',
  'agent.stop',
  'agent.restart'
];

const step = fc.record({ kind: fc.nat(20), a: fc.nat(20), b: fc.nat(20), seconds: fc.nat(70) });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function act(world: ExecutionWorld, { kind, a, b }: Step): void {
  const actor = a % 2 === 0 ? ALICE : BOB;
  const accept = (order: Order): void => {
    const decision = world.decide(order, actor);
    world.append('drafts' in decision ? decision.drafts : []);
  };
  const busy = busyExecution(world.state);
  switch (kind) {
    case 0:
    case 1:
    case 2:
      return accept(
        requestOf([CELLS[a % 6] ?? 'a', CELLS[b % 6] ?? 'b'].slice(0, 1 + (b % 2)), NOTEBOOK)
      );
    case 3:
      return accept({ type: ORDERS[a % 5] ?? 'agent.start', data: {} } as Order);
    case 4: {
      const executionId = world.state.active[b % 3]?.executionId;
      const some =
        executionId === undefined ? { all: true as const } : { executionIds: [executionId] };
      return accept({ type: 'execution.cancel', data: some });
    }
    case 5: {
      const data = { cellId: CELLS[a % 6], cellType: 'code', source: '' };
      const observed = {
        type: 'cell.deleted',
        v: 1,
        data,
        at: world.now,
        actor
      } as unknown as Draft;
      world.append(decideObservation(world.state, observed, { now: world.now }));
      return;
    }
    case 6:
      world.append(decideStart(world.state, { now: world.now }));
      return;
    case 7:
      world.append(decideIdle(world.state, { now: world.now }));
      return;
    case 8:
      world.report({ type: 'exited', code: 1, reason: 'killed' }, world.state.lastEpoch - (b % 2));
      return;
    case 9:
      world.report({ type: 'kernel', change: 'died', kernelId: 'kernel' });
      return;
    case 10:
    case 11:
      if (busy !== undefined) {
        world.start();
      }
      return;
    case 12:
    case 13:
    case 14:
      if (busy !== undefined) {
        world.finish((['ok', 'ok', 'error', 'interrupted'] as const)[b % 4] ?? 'ok');
      }
      return;
    case 15:
    case 16:
    case 17:
      if (busy !== undefined) {
        world.over();
      }
      return;
    default:
      world.ready();
  }
}

/** What a well-behaved agent does until nothing is left to do. */
function settle(world: ExecutionWorld): void {
  for (let turn = 0; world.state.active.length > 0; turn++) {
    expect(turn).toBeLessThan(500);
    const { phase } = world.state.agent;
    expect(phase).not.toBe('none');
    if (phase === 'starting') {
      world.ready();
    } else if (phase === 'stopping') {
      world.report({ type: 'exited', code: 0, reason: 'stopped' });
    } else {
      expect(busyExecution(world.state)).toBeDefined();
      world.finish('ok');
    }
  }
}

const steps = fc.array(step, { maxLength: 80, size: 'max' });

it('[X14] ends every request exactly once, whatever happens', () => {
  fc.assert(
    fc.property(steps, list => {
      const world = new ExecutionWorld();
      for (const next of list) {
        world.seconds += next.seconds;
        act(world, next);
        const [first, ...rest] = assignedExecutions(world.state);
        expect(rest.length).toBeLessThan(first?.over === undefined ? 1 : 2);
        expect(rest.every(({ over }) => over === undefined)).toBe(true);
        const { phase } = world.state.agent;
        expect(phase === 'none' && world.state.active.length > 0).toBe(false);
      }
      settle(world);
      const ids = (type: Fact['type']): string[] =>
        world.events.flatMap(event =>
          event.type === type && 'executionId' in event.data ? [event.data.executionId] : []
        );
      expect(ids('execution.finished').toSorted()).toEqual(ids('execution.requested').toSorted());
    }),
    { numRuns: 3000 }
  );
});

it('[X14] gives executions to agents in the order of request, each epoch to one agent', () => {
  fc.assert(
    fc.property(steps, list => {
      const world = new ExecutionWorld();
      list.forEach(next => act(world, next));
      settle(world);
      const position = new Map<string, number>();
      let newest = -1;
      for (const event of world.events) {
        if (event.type === 'execution.requested') {
          position.set(event.data.executionId, position.size);
        }
        if (event.type === 'execution.assigned') {
          const at = position.get(event.data.executionId) ?? -1;
          expect(at).toBeGreaterThan(newest);
          newest = at;
        }
      }
      const epochs = world.effects.flatMap(e => (e.type === 'agent.start' ? [e.epoch] : []));
      expect(epochs).toEqual([...epochs.keys()].map(index => index + 1));
    }),
    { numRuns: 2000 }
  );
});

it('[X14] states only facts that the journal takes', () => {
  fc.assert(
    fc.property(steps, list => {
      const world = new ExecutionWorld();
      list.forEach(next => act(world, next));
      for (const { type, v, data } of world.events) {
        expect(Fact.safeParse({ type, v, data }).success).toBe(true);
      }
    }),
    { numRuns: 300 }
  );
});

it('[X15] folds every fact, in any order, and the same stream to the same state', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 20 }), fc.nat(20), (facts, cut) => {
      const events: Draft[] = facts.map(fact => ({
        ...fact,
        at: '2026-01-01T00:00:00.000Z',
        actor: ALICE,
        assurance: 'verified'
      }));
      const whole = events.reduce(evolveRuntime, IDLE_RUNTIME);
      const kept = JSON.parse(
        JSON.stringify(events.slice(0, cut).reduce(evolveRuntime, IDLE_RUNTIME))
      ) as RuntimeState;
      expect(events.slice(cut).reduce(evolveRuntime, kept)).toEqual(whole);
    }),
    { numRuns: 2000 }
  );
});
