/** Builds the state of a runtime from events only, as a stream would. */
import { sourceHash } from '../../../agent/core/digest.js';
import { decideCommand } from '../../../agent/core/execution/decide.js';
import type { Decision } from '../../../agent/core/execution/decide.js';
import { evolveRuntime } from '../../../agent/core/execution/evolve.js';
import { decideReport } from '../../../agent/core/execution/react.js';
import type { AgentReport } from '../../../agent/core/execution/react.js';
import { busyExecution, IDLE_RUNTIME } from '../../../agent/core/execution/state.js';
import type { RuntimeState } from '../../../agent/core/execution/state.js';
import { plan } from '../../../agent/core/plan.js';
import type { CellState, NotebookState } from '../../../agent/core/notebook/state.js';
import type {
  Actor,
  CellId,
  Command,
  Draft,
  Effect,
  Event,
  ExecutionId,
  Order,
  Rejection,
  StreamPath
} from '../../../schema/index.js';

export const ALICE: Actor = { kind: 'human', id: 'alice', name: 'Alice' };
export const BOB: Actor = { kind: 'human', id: 'bob', name: 'Bob' };
export const STREAM = '/notebooks/file' as StreamPath;

/** A cell with this id and source. */
function cellState(id: string, source: string, more: Partial<CellState> = {}): CellState {
  const base = { cellType: 'code' as const, metadata: {}, executionCount: null, outputs: [] };
  return { cellId: id as CellId, source, ...base, ...more };
}

export const NOTEBOOK: NotebookState = {
  path: 'a.ipynb',
  metadata: {},
  nbformat: 4,
  nbformatMinor: 5,
  cells: [
    cellState('a', '1'),
    cellState('b', '2'),
    cellState('c', '3'),
    cellState('d', '4'),
    cellState('empty', ''),
    cellState('brave', '1/0', { metadata: { tags: ['raises-exception'] } }),
    cellState('text', '# title', { cellType: 'markdown' })
  ]
};

/** One notebook's runtime; what is decided is appended, folded and planned at once. */
export class ExecutionWorld {
  state: RuntimeState = IDLE_RUNTIME;
  notebook: NotebookState | null = NOTEBOOK;
  readonly events: Event[] = [];
  readonly effects: Effect[] = [];
  #ids = 0;
  seconds = 0;

  get now(): string {
    return new Date(Date.UTC(2026, 0, 1, 0, 0, this.seconds)).toISOString();
  }

  append(drafts: readonly Draft[]): Event[] {
    return drafts.map(draft => {
      const offset = this.events.length + 1;
      const event = { ...draft, id: `event-${offset}`, stream: STREAM, offset } as Event;
      const before = this.state;
      this.state = evolveRuntime(before, event);
      this.events.push(event);
      this.effects.push(...plan(before, event, this.state));
      return event;
    });
  }

  decide(order: Order, actor: Actor = ALICE): Decision {
    const command = { id: `command-${++this.#ids}`, stream: STREAM, ...order } as Command;
    const newId = (): string => `id-${++this.#ids}`;
    const context = { actor, assurance: 'verified' as const, now: this.now, newId };
    return decideCommand(this.state, this.notebook, command, context);
  }

  /** The events that the command leads to; throws if it is refused. */
  command(order: Order, actor?: Actor): Event[] {
    const decision = this.decide(order, actor);
    if ('rejection' in decision) {
      throw new Error(decision.rejection.detail);
    }
    return this.append(decision.drafts);
  }

  /** The refusal; throws if the command is accepted. */
  refusal(order: Order, actor?: Actor): Rejection {
    const decision = this.decide(order, actor);
    if ('drafts' in decision) {
      throw new Error('accepted');
    }
    return decision.rejection;
  }

  run(cells: readonly string[], actor?: Actor): ExecutionId[] {
    const events = this.command(requestOf(cells, this.notebook ?? NOTEBOOK), actor);
    return events.flatMap(event =>
      event.type === 'execution.requested' ? event.data.executionId : []
    );
  }

  report(report: AgentReport, epoch = this.state.lastEpoch): Event[] {
    return this.append(decideReport(this.state, epoch, report, { now: this.now }));
  }

  ready(): Event[] {
    return this.report({ type: 'ready', kernelId: 'kernel', kernelName: 'python3' });
  }

  /** The agent's execution begins. */
  start(): void {
    const busy = busyExecution(this.state);
    if (busy !== undefined) {
      const { executionId, cellId } = busy;
      const at = { kernelId: 'kernel', executionCount: 1, startedAt: this.now };
      this.report({ type: 'started', executionId, cellId, ...at });
    }
  }

  /** The kernel is done with what the agent has; its end comes later. */
  over(): Event[] {
    const busy = busyExecution(this.state);
    if (busy === undefined) {
      throw new Error('nothing runs');
    }
    const { executionId, cellId } = busy;
    const at = { executionCount: 1, startedAt: this.now, finishedAt: this.now };
    return this.report({ type: 'over', executionId, cellId, outcome: 'ok', ...at });
  }

  /** The agent's execution ends; the first one, if it has two. */
  finish(outcome: 'ok' | 'error' | 'interrupted'): Event[] {
    const busy = this.state.active[0];
    if (busy === undefined) {
      throw new Error('nothing runs');
    }
    const { executionId, cellId } = busy;
    const at = { executionCount: 1, startedAt: this.now, finishedAt: this.now };
    return this.report({ type: 'finished', executionId, cellId, outcome, ...at });
  }

  /** How every finished execution ended, by cell. */
  outcomes(): [string, string][] {
    return this.events.flatMap((event): [string, string][] =>
      event.type === 'execution.finished' ? [[event.data.cellId, event.data.outcome]] : []
    );
  }
}

/** A request for these cells, with the hashes of their sources. */
export function requestOf(cells: readonly string[], notebook: NotebookState): Order {
  return {
    type: 'execution.request',
    data: {
      cells: cells.map(id => ({
        cellId: id as CellId,
        sourceHash: sourceHash(notebook.cells.find(cell => cell.cellId === id)?.source ?? '')
      }))
    }
  };
}
