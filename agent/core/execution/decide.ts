/**
 * Decides commands about runs, the agent and its kernel. Guarantees: executions are given to the
 * agent in order of request, each once the kernel is done with the one before; every accepted request
 * ends. A refusal is a value that tells a person what to do.
 */
import type {
  Actor,
  Assurance,
  Command,
  Draft,
  OrderOf,
  ProblemCode,
  Rejection,
  RunId,
  ExecutionId,
  Timestamp
} from '../../../schema/index.js';
import { sourceHash } from '../digest.js';
import { cellOf } from '../notebook/state.js';
import type { CellState, NotebookState } from '../notebook/state.js';
import { Drafting } from './drafting.js';
import { busyExecution } from './state.js';
import type { ExecutionState, RuntimeState } from './state.js';

/** What a decision may know beside state and input. */
export interface DecisionContext {
  /** The authenticated sender. */
  readonly actor: Actor;
  readonly assurance: Assurance;
  readonly now: Timestamp;
  /** A new unique id at each call. */
  readonly newId: () => string;
}

/** Drafts in the order of the journal (maybe none: nothing was left to do), or the refusal. */
export type Decision = { readonly drafts: readonly Draft[] } | { readonly rejection: Rejection };

/**
 * Decides a command. `notebook` null: the room is not open. The caller may wait for the room and try
 * again while `mayPass` holds for the refusal.
 */
export function decideCommand(
  state: RuntimeState,
  notebook: NotebookState | null,
  command: Command,
  context: DecisionContext
): Decision {
  const drafting = new Drafting(state, context.now, command.id);
  const refusal = order(drafting, notebook, command, context);
  return refusal === null ? { drafts: drafting.assignNext() } : { rejection: refusal };
}

/**
 * May the refusal pass by itself, because the room has not yet reached what the sender saw, or because
 * an agent takes over what another one left?
 */
export function mayPass(rejection: Rejection, type: Command['type']): boolean {
  if (type === 'execution.answer-input') {
    return rejection.code === 'runtime-unavailable';
  }
  return ['unknown-cell', 'not-a-code-cell', 'source-mismatch'].includes(rejection.code);
}

function order(
  drafting: Drafting,
  notebook: NotebookState | null,
  command: Command,
  context: DecisionContext
): Rejection | null {
  switch (command.type) {
    case 'execution.request':
      return request(drafting, notebook, command.data, context);
    case 'execution.cancel':
      return cancel(drafting, command.data, context);
    case 'execution.answer-input':
      return answerInput(drafting, command.data, context);
    case 'kernel.interrupt':
      return interrupt(drafting, context);
    case 'kernel.restart':
      return restartKernel(drafting, context);
    case 'agent.start':
      return startAgent(drafting, context);
    case 'agent.stop':
      return stopAgent(drafting, context);
    case 'agent.restart':
      return drafting.state.agent.phase === 'none'
        ? startAgent(drafting, context)
        : askToStop(drafting, true, context);
  }
}

function request(
  drafting: Drafting,
  notebook: NotebookState | null,
  data: OrderOf<'execution.request'>['data'],
  { actor, assurance, newId }: DecisionContext
): Rejection | null {
  if (notebook === null) {
    return refuse('notebook-not-open', 'The notebook is not open. Open it and run the cell again.');
  }
  const cells: CellState[] = [];
  for (const { cellId, sourceHash: seen } of data.cells) {
    const cell = cellOf(notebook, cellId);
    const refusal = unfit(cell, cellId, seen);
    if (refusal !== null || cell === undefined) {
      return refusal;
    }
    cells.push(cell);
  }
  const runId = data.runId ?? (newId() as RunId);
  cells.forEach((cell, index) => {
    const seen = data.cells[index];
    if (seen !== undefined) {
      drafting.add(
        {
          type: 'execution.requested',
          v: 1,
          data: {
            executionId: newId() as ExecutionId,
            runId,
            cellId: cell.cellId,
            source: cell.source,
            sourceHash: seen.sourceHash,
            allowError: allowsError(cell)
          }
        },
        actor,
        runId,
        assurance
      );
    }
  });
  drafting.startIfNeeded(actor, assurance);
  return null;
}

function unfit(cell: CellState | undefined, cellId: string, seen: string): Rejection | null {
  if (cell === undefined) {
    return refuse(
      'unknown-cell',
      `There is no cell ${cellId} in the notebook: it may have been deleted. Look at the notebook and run again.`,
      { cellId }
    );
  }
  if (cell.cellType !== 'code') {
    return refuse('not-a-code-cell', `Cell ${cellId} is not a code cell. Make it one to run it.`, {
      cellId,
      cellType: cell.cellType
    });
  }
  if (sourceHash(cell.source) !== seen) {
    const detail =
      `The source of cell ${cellId} is not the one that you saw. ` + 'Look at it and run it again.';
    return refuse('source-mismatch', detail, { cellId });
  }
  return null;
}

function cancel(
  drafting: Drafting,
  data: OrderOf<'execution.cancel'>['data'],
  { actor, assurance }: DecisionContext
): Rejection | null {
  const { active } = drafting.state;
  const named = chosen(active, data);
  if ('executionIds' in data) {
    const executionId = data.executionIds.find(id => !named.some(one => one.executionId === id));
    if (executionId !== undefined) {
      return refuse(
        'unknown-execution',
        `Execution ${executionId} neither waits nor runs: it may have ended. The history says.`,
        {
          executionId
        }
      );
    }
  }
  const busy = named.find(execution => execution.phase !== 'requested');
  const nothingWaits = named.every(execution => execution.phase !== 'requested');
  if (busy !== undefined && ('executionIds' in data || nothingWaits)) {
    return refuse('already-running', 'The cell runs already. Interrupt the kernel to stop it.', {
      executionId: busy.executionId
    });
  }
  if (named.length === 0) {
    return 'runId' in data
      ? refuse(
          'unknown-execution',
          `Nothing of run ${data.runId} waits: it may have ended. The history says.`,
          { runId: data.runId }
        )
      : refuse('nothing-running', 'Nothing waits to be run.');
  }
  const reason = `cancelled by ${actor.name ?? actor.id}`;
  drafting.cancelWaiting(execution => named.includes(execution), reason, actor, assurance);
  return null;
}

function chosen(
  active: readonly ExecutionState[],
  data: OrderOf<'execution.cancel'>['data']
): ExecutionState[] {
  if ('executionIds' in data) {
    return active.filter(({ executionId }) => data.executionIds.includes(executionId));
  }
  return 'runId' in data ? active.filter(({ runId }) => runId === data.runId) : [...active];
}

function answerInput(
  drafting: Drafting,
  { executionId, requestId, value }: OrderOf<'execution.answer-input'>['data'],
  { actor, assurance }: DecisionContext
): Rejection | null {
  const { agent } = drafting.state;
  const busy = busyExecution(drafting.state);
  const at = { executionId, requestId };
  if (busy?.executionId !== executionId) {
    const detail = `Execution ${executionId} does not run: it may have ended. The history says.`;
    return refuse('unknown-execution', detail, at);
  }
  const { question } = busy;
  if (question?.requestId !== requestId) {
    const detail =
      question === undefined
        ? 'The run asks nothing.'
        : 'The run does not ask this any more. Look at what it asks now.';
    return refuse('nothing-asked', detail, at);
  }
  if (question.answered) {
    const detail = 'This was answered already; the first answer counts. The history says by whom.';
    return refuse('already-answered', detail, at);
  }
  if (agent.phase !== 'ready') {
    const detail = 'Another agent is taking over the run. Answer again in a moment.';
    return refuse('runtime-unavailable', detail, at);
  }
  const data = {
    ...{ executionId, requestId, cellId: busy.cellId },
    value: question.password ? null : value
  };
  drafting.add({ type: 'execution.input-answered', v: 1, data }, actor, busy.runId, assurance);
  return null;
}

function interrupt(drafting: Drafting, { actor, assurance }: DecisionContext): Rejection | null {
  const busy = busyExecution(drafting.state);
  const { phase } = drafting.state.agent;
  if (phase !== 'ready' && !(phase === 'starting' && busy !== undefined)) {
    return refuse('nothing-running', 'Nothing runs in this notebook.');
  }
  const fact = { type: 'kernel.interrupt-requested', v: 1, data: {} } as const;
  drafting.add(fact, actor, busy?.runId, assurance);
  if (busy !== undefined) {
    const reason = `${actor.name ?? actor.id} interrupted the run`;
    drafting.cancelFollowers(busy, reason, actor, assurance);
  }
  return null;
}

function restartKernel(
  drafting: Drafting,
  { actor, assurance }: DecisionContext
): Rejection | null {
  const { agent } = drafting.state;
  if (agent.phase !== 'ready') {
    const detail =
      agent.phase === 'none'
        ? 'No runtime agent runs for this notebook. Start it first.'
        : 'The runtime agent is starting or stopping. Try again in a moment.';
    return refuse('runtime-unavailable', detail);
  }
  const busy = busyExecution(drafting.state);
  const fact = { type: 'kernel.restart-requested', v: 1, data: {} } as const;
  drafting.add(fact, actor, busy?.runId, assurance);
  if (busy !== undefined) {
    const reason = `${actor.name ?? actor.id} restarted the kernel`;
    drafting.cancelFollowers(busy, reason, actor, assurance);
  }
  return null;
}

function startAgent(drafting: Drafting, { actor, assurance }: DecisionContext): null {
  const { agent } = drafting.state;
  if (agent.phase === 'none' || (agent.phase === 'stopping' && !agent.restart)) {
    const fact = { type: 'agent.start-requested', v: 1, data: {} } as const;
    drafting.add(fact, actor, undefined, assurance);
  }
  return null;
}

function stopAgent(drafting: Drafting, context: DecisionContext): Rejection | null {
  const { agent } = drafting.state;
  if (agent.phase === 'none') {
    return refuse('nothing-running', 'No runtime agent runs for this notebook.');
  }
  if (agent.phase !== 'stopping' || agent.restart) {
    askToStop(drafting, false, context);
  }
  const { actor, assurance } = context;
  const reason = `${actor.name ?? actor.id} stopped the runtime agent`;
  drafting.cancelWaiting(() => true, reason, actor, assurance);
  return null;
}

function askToStop(
  drafting: Drafting,
  restart: boolean,
  { actor, assurance }: DecisionContext
): null {
  const fact = { type: 'agent.stop-requested', v: 1, data: { restart } } as const;
  drafting.add(fact, actor, undefined, assurance);
  return null;
}

/** The tag that papermill, nbclient and JupyterLab know. */
function allowsError(cell: CellState): boolean {
  const tags = cell.metadata['tags'];
  return Array.isArray(tags) && tags.includes('raises-exception');
}

function refuse(code: ProblemCode, detail: string, at?: Record<string, unknown>): Rejection {
  return { code, detail, ...(at === undefined ? {} : { at }) };
}
