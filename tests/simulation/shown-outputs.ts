/** What the cells show, held against what the kernel said; each broken promise is a line. */
import { readOutputs, type SharedOutputs } from '../../agent/peer/output-writer.js';
import { isOutput } from '../../agent/ports/runtime.js';
import * as Y from 'yjs';
import { likeliestInstead, mayBeMoved, type EventOf } from './expected-outputs.js';
import { WholeShown } from './whole-shown.js';
import type { World } from './world.js';

/** Each cell shows what the kernel said for its last run, once and in order; no cell seems to run. */
export function outputs(world: World): string[] {
  const document = world.machine.server?.room.document ?? new Y.Doc();
  const seen = new Set<unknown>();
  return document
    .getArray<Y.Map<unknown>>('cells')
    .toArray()
    .flatMap(cell => {
      const id = cell.get('id') as string;
      const broken: string[] = [];
      if (cell.get('execution_state') === 'running') {
        broken.push(`${id} seems to run`);
      }
      if (!seen.has(id)) {
        broken.push(...outputsOf(world, id, cell.get('outputs') as SharedOutputs));
      }
      seen.add(id);
      return broken;
    });
}

function outputsOf(world: World, cellId: string, shared: SharedOutputs): string[] {
  const whole = new WholeShown(readOutputs(shared), world.machine.stored);
  const shown = whole.text;
  if (whole.saysLost && world.machine.stored.refusals === 0) {
    return [`${cellId} says without a reason that something is lost: ${shown}`];
  }
  const { events } = world;
  const asked = events.filter(
    (event): event is EventOf<'execution.requested'> =>
      event.type === 'execution.requested' && event.data.cellId === cellId
  );
  for (const { offset, data } of asked.toReversed()) {
    const { executionId } = data;
    const end = events.find(
      (event): event is EventOf<'execution.finished'> =>
        event.type === 'execution.finished' && event.data.executionId === executionId
    );
    const moved = events.some(event => event.offset > offset && mayBeMoved(world, cellId, event));
    if (end === undefined || moved || offset <= (world.serverKills.at(-1) ?? 0)) {
      // A crashed server had not saved.
      return [];
    }
    const complete = end.data.outcome === 'ok' || end.data.outcome === 'error';
    const comings = events.filter(
      ({ type }) => type === 'agent.started' || type === 'agent.stopped'
    );
    const remembered = comings.length < 2 && !whole.hasRest;
    const judged = { cellId, executionId, complete, remembered, events };
    const first = likeliestInstead(world, whole, judged);
    if (first === undefined) {
      return [];
    }
    if (complete) {
      return [`${cellId} shows ${shown} and not, of ${executionId}, ${first}`];
    }
    // What an agent had written that was stopped while it was cut off, nobody has.
    const said = world.machine.truth.said.get(executionId) ?? [];
    if (said.some(isOutput) && isTheRuntimes(end)) {
      return [`${cellId} shows ${shown}, which ${executionId} never showed`];
    }
    // It was ended before it began: the outputs of the run before stay.
  }
  return shown === '[]' ? [] : [`${cellId} shows ${shown} of no run`];
}

/** Whether the runtime says it of a run that it began. */
function isTheRuntimes({ actor, data }: EventOf<'execution.finished'>): boolean {
  return actor.kind === 'runtime' && data.startedAt !== null;
}
