/**
 * What follows from what the world reports: the agent's lines, the end of its process, the mirror's
 * observations, and a host that starts again. Nothing here can be refused. A report of an older
 * epoch is passed over.
 */
import {
  LIMIT_REACHED,
  type Draft,
  type FromAgent,
  type Timestamp
} from '../../../schema/index.js';
import { HOST_ACTOR, IDLE_ACTOR, runtimeActor } from '../actors.js';
import { Drafting } from './drafting.js';
import { endAtLimit } from './limit-end.js';
import { assignedExecutions, busyExecution } from './state.js';
import type { AgentState, RuntimeState } from './state.js';

/** Agents that may fail in a row before what they were started for is given up. */
const FAILURES_ALLOWED = 3;

/** What a reaction may know beside state and input. */
export interface WorldContext {
  readonly now: Timestamp;
}

/** A line of the agent, or what its runner saw of the process. */
export type AgentReport =
  | FromAgent
  | { readonly type: 'spawned'; readonly pid: number }
  /** `reason`: of the agent's `failed` line if it wrote one, else the code or signal in words. */
  | { readonly type: 'exited'; readonly code: number | null; readonly reason: string };

/** What follows from a report of the agent with this epoch. */
export function decideReport(
  state: RuntimeState,
  epoch: number,
  report: AgentReport,
  { now }: WorldContext
): Draft[] {
  const { agent } = state;
  if (agent.phase === 'none' || agent.epoch !== epoch) {
    return [];
  }
  const drafting = new Drafting(state, now);
  switch (report.type) {
    case 'spawned':
      drafting.add(
        { type: 'agent.started', v: 1, data: { epoch, pid: report.pid } },
        runtimeActor()
      );
      break;
    case 'ready':
      if (agent.phase === 'starting') {
        const { kernelId, kernelName } = report;
        drafting.add(
          { type: 'agent.ready', v: 1, data: { epoch, kernelId, kernelName } },
          runtimeActor()
        );
        if (agent.tidying && state.active.length === 0) {
          askIdleToStop(drafting);
        }
      }
      break;
    case 'started':
      started(drafting, report);
      break;
    case 'input-requested':
      inputRequested(drafting, report);
      break;
    case 'limit-reached':
      limitReached(drafting, report);
      break;
    case 'over': {
      const { type: _type, ...end } = report;
      const busy = busyExecution(state);
      if (busy?.executionId === end.executionId && end.outcome === 'ok') {
        drafting.assignAfter(busy, end);
      }
      break;
    }
    case 'finished':
      finished(drafting, report);
      break;
    case 'kernel': {
      const { type: _type, ...data } = report;
      drafting.add({ type: 'kernel.changed', v: 1, data }, runtimeActor());
      break;
    }
    case 'environment':
      environmentTold(drafting, report);
      break;
    case 'exited':
      exited(drafting, agent, report.reason);
      break;
    case 'peers':
    case 'failed':
    case 'input-taken':
      break;
  }
  return drafting.assignNext();
}

/** After the mirror's draft: a waiting execution whose cell is gone, or is no code any more, is cancelled. */
export function decideObservation(
  state: RuntimeState,
  observed: Draft,
  { now }: WorldContext
): Draft[] {
  const deleted = observed.type === 'cell.deleted';
  if (!deleted && (observed.type !== 'cell.type-changed' || observed.data.to === 'code')) {
    return [];
  }
  const { cellId } = observed.data;
  const reason = deleted ? 'the cell was deleted' : 'the cell is not a code cell any more';
  const drafting = new Drafting(state, now);
  drafting.cancelWaiting(execution => execution.cellId === cellId, reason, HOST_ACTOR);
  return drafting.assignNext();
}

/** Nobody has needed the agent for a while: it is stopped if nothing runs or waits. */
export function decideIdle(state: RuntimeState, { now }: WorldContext): Draft[] {
  const drafting = new Drafting(state, now);
  if (state.agent.phase === 'ready' && state.active.length === 0) {
    askIdleToStop(drafting);
  }
  return drafting.drafts;
}

/**
 * After the end of an agent: the cell of a run that ended without an agent's word still seems to run.
 * The next agent sets it right and goes.
 */
export function decideTidying(state: RuntimeState, { now }: WorldContext): Draft[] {
  const drafting = new Drafting(state, now);
  const { agent, active, failures } = state;
  if (agent.phase === 'none' && active.length === 0 && failures <= FAILURES_ALLOWED) {
    drafting.add({ type: 'agent.start-requested', v: 1, data: {} }, HOST_ACTOR);
  }
  return drafting.drafts;
}

/**
 * Once for each stream when the host has started: the agents of the earlier host are gone. What an
 * agent had is gone on with by the next one; what waits goes on waiting. `newServer`: Jupyter Server was
 * started since, and the kernels of the earlier one are gone unless they are behind a gateway.
 */
export function decideStart(
  state: RuntimeState,
  { now, newServer }: WorldContext & { readonly newServer?: boolean }
): Draft[] {
  const drafting = new Drafting(state, now);
  const { agent } = state;
  if (agent.phase !== 'none') {
    const data = { epoch: agent.epoch, outcome: 'host-restarted' } as const;
    drafting.add({ type: 'agent.stopped', v: 1, data }, HOST_ACTOR);
  }
  if (agent.phase === 'stopping') {
    endOfStop(drafting, agent);
  }
  const busy = busyExecution(drafting.state);
  if (newServer && busy?.phase === 'assigned' && busy.kernelId === null) {
    // Its kernel was not yet told of: it may have run, and must not run again.
    const reason = 'Jupyter Server ended before it was known whether the cell ran.';
    drafting.finish(busy, { outcome: 'interrupted', reason }, HOST_ACTOR);
    drafting.cancelFollowers(busy, 'an earlier cell was interrupted', HOST_ACTOR);
  }
  drafting.startIfNeeded();
  return drafting.drafts;
}

function askIdleToStop(drafting: Drafting): void {
  drafting.add({ type: 'agent.stop-requested', v: 1, data: { restart: false } }, IDLE_ACTOR);
}

function started(drafting: Drafting, report: Extract<FromAgent, { type: 'started' }>): void {
  const busy = busyExecution(drafting.state);
  if (busy?.phase === 'assigned' && busy.executionId === report.executionId) {
    const { type: _type, ...data } = report;
    const actor = runtimeActor(busy.requester);
    drafting.add({ type: 'execution.started', v: 1, data }, actor, busy.runId);
  }
}

function inputRequested(
  drafting: Drafting,
  report: Extract<FromAgent, { type: 'input-requested' }>
): void {
  const busy = busyExecution(drafting.state);
  const { type: _type, ...data } = report;
  // A connection that was mended may bring a question again; an answer may have been lost with a host.
  const asked = busy?.question?.requestId === report.requestId && !busy.question.answered;
  if (busy?.executionId === report.executionId && !asked) {
    const actor = runtimeActor(busy.requester);
    drafting.add({ type: 'execution.input-requested', v: 1, data }, actor, busy.runId);
  }
}

function limitReached(
  drafting: Drafting,
  report: Extract<FromAgent, { type: 'limit-reached' }>
): void {
  const busy = busyExecution(drafting.state);
  const { type: _type, ...data } = report;
  // An agent that took over may say it again.
  if (busy?.executionId === report.executionId && busy.limitReached === undefined) {
    const actor = runtimeActor(busy.requester);
    drafting.add({ type: 'execution.limit-reached', v: 1, data }, actor, busy.runId);
  }
}

/** Once for each kernel and environment; the list of the packages once for each stream. */
function environmentTold(
  drafting: Drafting,
  report: Extract<FromAgent, { type: 'environment' }>
): void {
  const { type: _type, packageList, ...data } = report;
  const known = drafting.state.environment;
  const same = known?.kernelId === data.kernelId && known.environment === data.environment;
  if (same && data.executionIds.length === 0) {
    return;
  }
  const listed = data.packages !== null && known?.listed.includes(data.packages) === true;
  drafting.add(
    {
      type: 'environment.recorded',
      v: 1,
      data: { ...data, ...(packageList !== undefined && !listed && { packageList }) }
    },
    runtimeActor()
  );
}

function finished(drafting: Drafting, report: Extract<FromAgent, { type: 'finished' }>): void {
  const busy = assignedExecutions(drafting.state).find(
    ({ executionId }) => executionId === report.executionId
  );
  if (busy === undefined) {
    return;
  }
  const { type: _type, written: _written, ...told } = report;
  // An agent that could not go on with the run need not know of its limit.
  const known = told.error?.ename === LIMIT_REACHED;
  const data = known ? told : { ...told, ...endAtLimit(told, busy.limitReached) };
  const actor = runtimeActor(busy.requester);
  drafting.add({ type: 'execution.finished', v: 1, data }, actor, busy.runId);
  const failed = data.outcome === 'error' && !busy.allowError;
  const interrupted = data.outcome === 'interrupted' || data.outcome === 'cancelled';
  if ((failed || interrupted) && !busy.stopAsked && drafting.state.agent.phase !== 'stopping') {
    const reason = failed ? 'an earlier cell failed' : 'an earlier cell was interrupted';
    drafting.cancelFollowers(busy, reason, actor);
  }
}

function exited(
  drafting: Drafting,
  agent: Exclude<AgentState, { phase: 'none' }>,
  reason: string
): void {
  const { epoch } = agent;
  if (agent.phase === 'stopping') {
    const outcome =
      agent.by.id === IDLE_ACTOR.id && agent.by.kind === 'system' ? 'idle' : 'stopped';
    drafting.add({ type: 'agent.stopped', v: 1, data: { epoch, outcome } }, runtimeActor());
    endOfStop(drafting, agent);
    return;
  }
  const data = { epoch, outcome: 'failed', reason } as const;
  drafting.add({ type: 'agent.stopped', v: 1, data }, runtimeActor());
  if (drafting.state.failures > FAILURES_ALLOWED) {
    giveUp(drafting, reason);
  }
  drafting.startIfNeeded();
}

/** The agent was asked to go and is gone: what it had is interrupted; the next one starts if it should. */
function endOfStop(drafting: Drafting, agent: Extract<AgentState, { phase: 'stopping' }>): void {
  const verb = agent.restart ? 'restarted' : 'stopped';
  const reason = `${agent.by.name ?? agent.by.id} ${verb} the runtime agent`;
  for (const execution of assignedExecutions(drafting.state)) {
    drafting.finish(execution, { outcome: 'interrupted', reason }, agent.by);
  }
  if (agent.restart) {
    drafting.add({ type: 'agent.start-requested', v: 1, data: {} }, agent.by);
  }
}

/** Ends what the agents failed at; without such a one, everything that waits. */
function giveUp(drafting: Drafting, reason: string): void {
  const busy = busyExecution(drafting.state);
  const why = `the runtime agent failed ${FAILURES_ALLOWED + 1} times: ${reason}`;
  if (busy === undefined) {
    drafting.cancelWaiting(() => true, why, HOST_ACTOR);
    return;
  }
  for (const execution of assignedExecutions(drafting.state)) {
    drafting.finish(execution, { outcome: 'interrupted', reason: why }, HOST_ACTOR);
  }
  drafting.cancelFollowers(busy, 'an earlier cell was interrupted', HOST_ACTOR);
}
