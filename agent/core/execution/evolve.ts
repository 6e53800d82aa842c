/** Folds the facts of a notebook's stream into the state of its runtime. Total over every fact. */
import { isStreamFact } from '../../../schema/index.js';
import type { Actor, CellId, Draft, FactOf } from '../../../schema/index.js';
import { HOST_ACTOR, personOf } from '../actors.js';
import { millisecondsBetween } from '../timestamp.js';
import type { AgentState, BusyExecution, ExecutionState, RuntimeState } from './state.js';

/** An agent that worked this long was well; a failure after it is the first one again. */
const WELL_AFTER = 60_000;

/** The state after the event. An `Event` is a `Draft`, too. */
export function evolveRuntime(state: RuntimeState, event: Draft): RuntimeState {
  if (isStreamFact(event)) {
    return state;
  }
  switch (event.type) {
    case 'execution.requested':
      return {
        ...state,
        active: [
          ...state.active,
          { phase: 'requested', ...event.data, requester: event.actor, requestedAt: event.at }
        ]
      };
    case 'execution.assigned': {
      const { executionId, kernelId, after } = event.data;
      const before =
        after === undefined
          ? state
          : withBusy(state, after.executionId, execution => ({ ...execution, over: after }));
      return withExecution(before, executionId, execution => ({
        ...execution,
        ...{ phase: 'assigned', kernelId, stopAsked: false }
      }));
    }
    case 'execution.started':
      return withExecution(state, event.data.executionId, execution => ({
        ...execution,
        phase: 'running',
        kernelId: event.data.kernelId,
        stopAsked: execution.phase === 'requested' ? false : execution.stopAsked,
        startedAt: event.data.startedAt,
        executionCount: event.data.executionCount
      }));
    case 'execution.input-requested': {
      const { executionId, requestId, prompt, password } = event.data;
      const question = { requestId, prompt, password, answered: false };
      return withBusy(state, executionId, execution => ({ ...execution, question }));
    }
    case 'execution.input-answered': {
      const { executionId, requestId } = event.data;
      return withBusy(state, executionId, execution =>
        execution.question?.requestId === requestId
          ? { ...execution, question: { ...execution.question, answered: true } }
          : execution
      );
    }
    case 'execution.limit-reached': {
      const { executionId, limit, allowed, used } = event.data;
      const limitReached = { limit, allowed, used };
      return withBusy(state, executionId, execution => ({ ...execution, limitReached }));
    }
    case 'execution.finished': {
      const { executionId, cellId } = event.data;
      const ended = state.active.find(execution => execution.executionId === executionId);
      const active = state.active.filter(execution => execution !== ended);
      const left = ended !== undefined && ended.phase !== 'requested';
      return ended === undefined
        ? state
        : {
            ...{ ...state, active, failures: 0 },
            ...(left && {
              ended: {
                ...state.ended,
                [cellId]: { executionId, person: personOf(ended.requester) }
              }
            }),
            ...(left &&
              event.actor.kind !== 'runtime' && { untidy: [...(state.untidy ?? []), cellId] })
          };
    }
    case 'agent.start-requested':
      return startRequested(state, event.actor);
    case 'agent.started':
      return event.data.epoch > state.lastEpoch
        ? withAgent(state, { phase: 'starting', epoch: event.data.epoch })
        : state;
    case 'agent.ready': {
      const { epoch, kernelId, kernelName } = event.data;
      if (state.agent.phase !== 'starting' || state.agent.epoch !== epoch) {
        return state;
      }
      const { untidy: _untidy, ...tidy } = state;
      return withAgent(tidy, { phase: 'ready', epoch, since: event.at, kernelId, kernelName });
    }
    case 'agent.stop-requested':
      return state.agent.phase === 'none'
        ? state
        : withAgent(state, {
            phase: 'stopping',
            epoch: state.agent.epoch,
            restart: event.data.restart,
            by: event.actor
          });
    case 'agent.stopped':
      return stopped(state, event);
    case 'kernel.interrupt-requested':
    case 'kernel.restart-requested':
      return {
        ...state,
        active: state.active.map(execution =>
          execution.phase === 'requested' ? execution : { ...execution, stopAsked: true }
        )
      };
    case 'kernel.changed':
      return kernelChanged(withKernel(state, event.data), event.data);
    case 'environment.recorded':
      return withEnvironment(state, event.data);
    case 'cell.deleted':
      return withoutEnded(state, event.data.cellId);
    case 'notebook.opened':
    case 'notebook.renamed':
    case 'notebook.metadata-changed':
    case 'notebook.saved':
    case 'cell.created':
    case 'cell.moved':
    case 'cell.source-changed':
    case 'cell.type-changed':
    case 'cell.metadata-changed':
    case 'cell.attachments-changed':
    case 'cell.count-changed':
    case 'output.added':
    case 'output.changed':
    case 'output.cleared':
      return state;
  }
}

function startRequested(state: RuntimeState, by: Actor): RuntimeState {
  switch (state.agent.phase) {
    case 'none': {
      const tidying = by.id === HOST_ACTOR.id && by.kind === 'system' && state.active.length === 0;
      return withAgent(state, {
        ...{ phase: 'starting', epoch: state.lastEpoch + 1 },
        ...(tidying && { tidying })
      });
    }
    case 'stopping':
      return withAgent(state, { ...state.agent, restart: true });
    case 'starting':
    case 'ready':
      return state;
  }
}

function stopped(
  state: RuntimeState,
  event: Extract<Draft, FactOf<'agent.stopped'>>
): RuntimeState {
  const { agent } = state;
  if (agent.phase === 'none' || agent.epoch !== event.data.epoch) {
    return state;
  }
  const wasWell =
    agent.phase === 'ready' && millisecondsBetween(agent.since, event.at) >= WELL_AFTER;
  const earlier = wasWell ? 0 : state.failures;
  return {
    ...state,
    agent: { phase: 'none' },
    failures: event.data.outcome === 'failed' ? earlier + 1 : earlier
  };
}

/** A run that was given out while there was no kernel is for the one that there is then. */
function withKernel(state: RuntimeState, data: FactOf<'kernel.changed'>['data']): RuntimeState {
  const there = data.change === 'attached' || data.change === 'restarted';
  return !there || !state.active.some(({ phase }) => phase === 'assigned')
    ? state
    : {
        ...state,
        active: state.active.map(execution =>
          execution.phase === 'assigned' && execution.kernelId === null
            ? { ...execution, kernelId: data.kernelId }
            : execution
        )
      };
}

function kernelChanged(state: RuntimeState, data: FactOf<'kernel.changed'>['data']): RuntimeState {
  if (state.agent.phase !== 'ready') {
    return state;
  }
  const gone = data.change === 'died' || data.change === 'shut-down';
  return withAgent(state, {
    ...state.agent,
    kernelId: gone ? null : data.kernelId,
    kernelName: data.kernelName ?? state.agent.kernelName
  });
}

function withEnvironment(
  state: RuntimeState,
  { kernelId, environment, packages }: FactOf<'environment.recorded'>['data']
): RuntimeState {
  const { listed = [] } = state.environment ?? {};
  const known = packages === null || listed.includes(packages);
  return {
    ...state,
    environment: { kernelId, environment, listed: known ? listed : [...listed, packages] }
  };
}

function withoutEnded(state: RuntimeState, cellId: CellId): RuntimeState {
  if (state.ended?.[cellId] === undefined) {
    return state;
  }
  const { [cellId]: _gone, ...ended } = state.ended;
  return { ...state, ended };
}

function withAgent(state: RuntimeState, agent: AgentState): RuntimeState {
  const epoch = agent.phase === 'none' ? 0 : agent.epoch;
  return { ...state, agent, lastEpoch: Math.max(state.lastEpoch, epoch) };
}

/** Of an execution that an agent has; others stay as they are. */
function withBusy(
  state: RuntimeState,
  executionId: string,
  change: (execution: BusyExecution) => BusyExecution
): RuntimeState {
  return {
    ...state,
    active: state.active.map(execution =>
      execution.phase !== 'requested' && execution.executionId === executionId
        ? change(execution)
        : execution
    )
  };
}

function withExecution(
  state: RuntimeState,
  executionId: string,
  change: (execution: ExecutionState) => BusyExecution
): RuntimeState {
  return {
    ...state,
    active: state.active.map(execution =>
      execution.executionId === executionId ? change(execution) : execution
    )
  };
}
