/**
 * What the world must be asked to do because of an event. Pure: an effect bears the id of its event,
 * and the same event in the same state always plans the same.
 */
import { isStreamFact } from '../../schema/index.js';
import type { Effect, Event, PlannedRun } from '../../schema/index.js';
import { identityOf } from './actors.js';
import { busyExecution, overExecution, waitingExecutions } from './execution/state.js';
import type { ExecutionState, RuntimeState } from './execution/state.js';

/** Effects of one event, in order. `before`, `after`: the runtime's state around it. */
export function plan(before: RuntimeState, event: Event, after: RuntimeState): Effect[] {
  const address = { stream: event.stream, plannedBy: event.id };
  const { agent } = before;
  if (isStreamFact(event)) {
    return [];
  }
  switch (event.type) {
    case 'agent.start-requested': {
      if (agent.phase !== 'none' || after.agent.phase !== 'starting') {
        return [];
      }
      const busy = busyExecution(after);
      const over = overExecution(after);
      const before = over && {
        before: { run: runOf(over, after), kernelId: over.kernelId, end: over.over }
      };
      const resume =
        busy === undefined
          ? {}
          : { resume: { run: runOf(busy, after), kernelId: busy.kernelId, ...before } };
      return [{ ...address, type: 'agent.start', epoch: after.agent.epoch, ...resume }];
    }
    case 'agent.stop-requested': {
      if (agent.phase !== 'starting' && agent.phase !== 'ready') {
        return [];
      }
      const { epoch } = agent;
      const stop: Effect = { ...address, type: 'agent.stop', epoch };
      return busyExecution(after) === undefined
        ? [stop]
        : [{ ...address, type: 'agent.interrupt', epoch }, stop];
    }
    case 'execution.assigned': {
      const busy = busyExecution(after);
      return busy?.executionId === event.data.executionId
        ? [{ ...address, type: 'agent.run', epoch: event.data.epoch, ...runOf(busy, after) }]
        : [];
    }
    case 'kernel.interrupt-requested':
      return agent.phase === 'none'
        ? []
        : [{ ...address, type: 'agent.interrupt', epoch: agent.epoch }];
    case 'kernel.restart-requested':
      return agent.phase === 'none'
        ? []
        : [{ ...address, type: 'agent.restart-kernel', epoch: agent.epoch }];
    case 'notebook.renamed':
      return agent.phase === 'none'
        ? []
        : [{ ...address, type: 'agent.moved', epoch: agent.epoch, path: event.data.to }];
    case 'notebook.opened':
    case 'notebook.metadata-changed':
    case 'notebook.saved':
    case 'cell.created':
    case 'cell.deleted':
    case 'cell.moved':
    case 'cell.source-changed':
    case 'cell.type-changed':
    case 'cell.metadata-changed':
    case 'cell.attachments-changed':
    case 'cell.count-changed':
    case 'output.added':
    case 'output.changed':
    case 'output.cleared':
    case 'execution.requested':
    case 'execution.started':
    case 'execution.input-requested':
    case 'execution.input-answered':
    case 'execution.limit-reached':
    case 'execution.finished':
    case 'agent.started':
    case 'agent.ready':
    case 'agent.stopped':
    case 'kernel.changed':
    case 'environment.recorded':
      return [];
  }
}

function runOf(execution: ExecutionState, state: RuntimeState): PlannedRun {
  const { executionId, cellId, source, allowError, requester, runId } = execution;
  const followed = waitingExecutions(state).some(waiting => waiting.runId === runId);
  return {
    ...{ executionId, cellId, source, allowError, requester: identityOf(requester) },
    ...(followed && { followed })
  };
}
