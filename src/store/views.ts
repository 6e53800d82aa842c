/**
 * The views of a notebook's stream: loaded once from the host, then kept up to date by the host's own
 * code. Knows which cells an event touches, so that only those are drawn again.
 */
import { evolveRuntime } from '../../agent/core/execution/evolve.js';
import type { AgentState, ExecutionState, RuntimeState } from '../../agent/core/execution/state.js';
import { IDLE_RUNTIME } from '../../agent/core/execution/state.js';
import {
  type CellsView,
  type CellView,
  foldCellsView,
  NO_CELLS
} from '../../agent/core/views/cells.js';
import { type QueuedRun, type RuntimeView, runtimeView } from '../../agent/core/views/runtime.js';
import { HOST_ACTOR } from '../../agent/core/actors.js';
import type { CellId, Digest, Event, StreamPath } from '../../schema/index.js';
import type { Api } from '../client/api.js';

export class Views {
  private constructor(
    private offset: number,
    private runtime: RuntimeState,
    private cells: CellsView
  ) {}

  /** Nothing is known. */
  static empty(): Views {
    return new Views(0, IDLE_RUNTIME, NO_CELLS);
  }

  /** What the host knows now. Throws as Api.view. */
  static async load(api: Pick<Api, 'view'>, stream: StreamPath): Promise<Views> {
    const [runtime, cells] = await Promise.all([
      api.view<RuntimeView & { readonly offset: number }>('runtime', stream),
      api.view<CellsView>('cells', stream)
    ]);
    const views = new Views(Math.min(runtime.offset, cells.offset), stateOf(runtime), cells);
    views.runtimeOffset = runtime.offset;
    return views;
  }

  /** Take the next events; returns the cells of which there is something else to say. */
  take(events: readonly Event[]): ReadonlySet<CellId> {
    const queueBefore = this.queue;
    const fresh = events.filter(event => event.offset > this.offset);
    this.cells = foldCellsView(
      fresh.filter(event => event.offset > this.cells.offset),
      this.cells
    );
    for (const event of fresh) {
      if (event.offset > this.runtimeOffset) {
        this.runtime = evolveRuntime(this.runtime, event);
      }
      this.offset = event.offset;
    }
    this.shown = undefined;
    const touched = fresh.flatMap(event =>
      'cellId' in event.data && !event.type.startsWith('output.') ? [event.data.cellId] : []
    );
    const moved = placesOf(queueBefore) === placesOf(this.queue) ? [] : this.queue.waiting;
    return new Set([...touched, ...moved.map(({ cellId }) => cellId)]);
  }

  get agentPhase(): AgentState['phase'] {
    return this.view.agent.phase;
  }

  /** The kernel that the agent uses; undefined if it has none. */
  get agentKernel(): string | undefined {
    return this.view.agent.kernelId ?? undefined;
  }

  /** What the agent has at the moment, begun or not. */
  get running(): QueuedRun | undefined {
    return this.queue.running ?? undefined;
  }

  /** What waits, in the order in which it will run. */
  get waiting(): readonly QueuedRun[] {
    return this.queue.waiting;
  }

  /** Cells that run or wait. */
  get activeCells(): readonly CellId[] {
    return this.runtime.active.map(({ cellId }) => cellId);
  }

  /** Who ran and changed the cell; empty if nothing is known of it. */
  cell(cellId: CellId): CellView {
    return this.cells.cells[cellId] ?? {};
  }

  /** Every cell of which something is known. */
  get knownCells(): readonly CellId[] {
    return Object.keys(this.cells.cells) as CellId[];
  }

  private get queue(): RuntimeView['queue'] {
    return this.view.queue;
  }

  private get view(): RuntimeView {
    this.shown ??= runtimeView(this.runtime);
    return this.shown;
  }

  private runtimeOffset = 0;
  private shown: RuntimeView | undefined;
}

function placesOf(queue: RuntimeView['queue']): string {
  return queue.waiting.map(({ executionId }) => executionId).join(' ');
}

/** A state that shows as this view. What the view leaves out is not shown and does not matter here. */
function stateOf({ agent, queue }: RuntimeView): RuntimeState {
  const running = queue.running === null ? [] : [executionOf(queue.running, true)];
  return {
    ...IDLE_RUNTIME,
    agent: agentOf(agent),
    lastEpoch: agent.epoch,
    active: [...running, ...queue.waiting.map(run => executionOf(run, false))]
  };
}

function agentOf({ phase, epoch, kernelId, kernelName }: RuntimeView['agent']): AgentState {
  switch (phase) {
    case 'none':
      return { phase };
    case 'starting':
      return { phase, epoch };
    case 'ready':
      return { phase, epoch, kernelId, kernelName, since: NEVER };
    case 'stopping':
      return { phase, epoch, restart: false, by: HOST_ACTOR };
  }
}

const NEVER = '1970-01-01T00:00:00.000Z';

function executionOf(run: QueuedRun, given: boolean): ExecutionState {
  const { executionId, runId, cellId, actor: requester, requestedAt, startedAt, question } = run;
  const request = { executionId, runId, cellId, requester, requestedAt };
  const unseen = { source: '', sourceHash: '' as Digest, allowError: false };
  if (!given) {
    return { phase: 'requested', ...request, ...unseen };
  }
  const asked = question === null ? {} : { question: { ...question, answered: false } };
  const assigned = { ...request, ...unseen, kernelId: null, stopAsked: false, ...asked };
  return startedAt === null
    ? { phase: 'assigned', ...assigned }
    : { phase: 'running', ...assigned, startedAt, executionCount: null };
}
