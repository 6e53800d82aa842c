/**
 * The runs of cells in a sequence of events, with what each gave. Holds no more than the newest run
 * of each cell of one stream, so that a journal of any length can be read through it.
 */
import type {
  Actor,
  ActorIdentity,
  Event,
  EventOf,
  ExecutionId,
  OutputSummary,
  StreamPath
} from '../../../schema/index.js';
import { sameActor } from '../../../schema/index.js';
import { personOf } from '../actors.js';

/** One run that began, with the outputs that it had at its end. */
export interface Run {
  readonly stream: StreamPath;
  readonly executionId: ExecutionId;
  readonly cellId: string;
  readonly source: string;
  readonly sourceHash: string;
  /** The person whose run it is. */
  readonly requester: ActorIdentity;
  readonly requestedAt: string;
  /** What ran it. */
  readonly runner: Actor;
  readonly kernelName: string | null;
  readonly executionCount: number | null;
  readonly startedAt: string;
  /** null while it runs. */
  readonly finished: EventOf<'execution.finished'>['data'] | null;
  readonly outputs: readonly OutputSummary[];
  /** What the kernel ran in; null if that was not known at the end. */
  readonly environment: EventOf<'environment.recorded'>['data'] | null;
}

/** The facts that `runsOf` reads. */
export const RUN_TYPES = [
  'execution.requested',
  'execution.started',
  'execution.finished',
  'output.added',
  'output.changed',
  'output.cleared',
  'environment.recorded'
] as const;

/**
 * Every run that began, in no order that matters. The events come ordered by stream and offset; those
 * of other types are passed over. A run whose request is not among them is left out.
 */
export function* runsOf(events: Iterable<Event>): Generator<Run> {
  let stream: StreamPath | undefined;
  let waiting = new Map<ExecutionId, EventOf<'execution.requested'>>();
  let newest = new Map<string, Run>();
  let environments = new Map<string, EventOf<'environment.recorded'>['data']>();
  for (const event of events) {
    if (event.stream !== stream) {
      yield* newest.values();
      stream = event.stream;
      waiting = new Map();
      newest = new Map();
      environments = new Map();
    }
    switch (event.type) {
      case 'execution.requested':
        waiting.set(event.data.executionId, event);
        break;
      case 'execution.started': {
        const { executionId, cellId } = event.data;
        const request = waiting.get(executionId);
        const earlier = newest.get(cellId);
        if (earlier !== undefined && earlier.executionId !== executionId) {
          yield earlier;
          newest.delete(cellId);
        }
        if (request !== undefined) {
          newest.set(cellId, begun(request, event));
          waiting.delete(executionId);
        }
        break;
      }
      case 'execution.finished': {
        const { executionId, cellId } = event.data;
        waiting.delete(executionId);
        change(newest, cellId, run =>
          run.executionId === executionId
            ? {
                ...run,
                finished: event.data,
                environment: environments.get(event.data.environment ?? '') ?? null
              }
            : run
        );
        break;
      }
      case 'environment.recorded': {
        const { data } = event;
        environments.set(data.environment, data);
        for (const [cellId, run] of newest) {
          if (data.executionIds.includes(run.executionId)) {
            newest.set(cellId, { ...run, environment: data });
          }
        }
        break;
      }
      case 'output.added':
      case 'output.changed':
      case 'output.cleared':
        if (event.actor.kind === 'runtime') {
          change(newest, event.data.cellId, run => ({ ...run, outputs: outputsAfter(run, event) }));
        }
        break;
      default:
    }
  }
  yield* newest.values();
}

function begun(
  { stream, actor, at, data }: EventOf<'execution.requested'>,
  started: EventOf<'execution.started'>
): Run {
  const { kernelName = null, executionCount, startedAt } = started.data;
  const { executionId, cellId, source, sourceHash } = data;
  return {
    ...{ stream, executionId, cellId, source, sourceHash },
    ...{ requester: personOf(actor), requestedAt: at, runner: started.actor },
    ...{ kernelName, executionCount, startedAt, finished: null, outputs: [], environment: null }
  };
}

/**
 * What the run gave. What is cleared after its end was cleared for the next one; what another person's run
 * shows in its display by then was given by that one.
 */
function outputsAfter(
  { outputs, finished, requester }: Run,
  event: EventOf<'output.added'> | EventOf<'output.changed'> | EventOf<'output.cleared'>
): readonly OutputSummary[] {
  switch (event.type) {
    case 'output.added':
      return [...outputs, ...event.data.outputs];
    case 'output.changed': {
      const person = event.actor.onBehalfOf ?? requester;
      return finished !== null && !sameActor(person, requester)
        ? outputs
        : outputs.map((output, at) => (at === event.data.index ? event.data.output : output));
    }
    case 'output.cleared':
      return finished === null ? outputs.slice(0, event.data.index) : outputs;
  }
}

function change(runs: Map<string, Run>, cellId: string, update: (run: Run) => Run): void {
  const run = runs.get(cellId);
  if (run !== undefined) {
    runs.set(cellId, update(run));
  }
}
