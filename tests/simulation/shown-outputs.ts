/** What the cells show, held against what the kernel said; each broken promise is a line. */
import { readOutputs, type SharedOutputs } from '../../agent/peer/output-writer.js';
import { isOutput, type IopubMessage } from '../../agent/ports/runtime.js';
import type { Event } from '../../schema/index.js';
import * as Y from 'yjs';
import { readings } from './readings.js';
import { echoOf } from './simulated-kernel.js';
import { sorted } from './sorted.js';
import type { World } from './world.js';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

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
  const shown = JSON.stringify(sorted(readOutputs(shared)));
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
    const moved = world.moved.has(cellId) && events.some(isMove(offset));
    if (end === undefined || moved || offset <= world.serverKilledAt) {
      // A page that moves a cell makes it anew, with what it had seen; a crashed server had not saved.
      return [];
    }
    const complete = end.data.outcome === 'ok' || end.data.outcome === 'error';
    const epochs = events.filter(({ type }) => type === 'agent.started').length;
    const expected = readings(world.machine.truth, executionId, {
      ...{ complete, cleared: clearing(world, cellId, executionId), remembered: epochs < 2 },
      untaken: untakenAnswers(world, executionId)
    });
    let first: string | undefined;
    for (const outputs of expected) {
      const reading = JSON.stringify(sorted(outputs));
      first ??= reading;
      if (reading === shown) {
        return [];
      }
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

/** Whether somebody cleared the cell after the run had shown something there. */
function clearing({ cleared, events }: World, cellId: string, executionId: string) {
  const ran = events.findIndex(
    event => event.type === 'execution.started' && event.data.executionId === executionId
  );
  const shown = events.findIndex(
    (event, index) =>
      index > ran &&
      event.type === 'output.added' &&
      event.data.cellId === cellId &&
      event.actor.kind === 'runtime'
  );
  const after = events.some(
    (event, index) =>
      index > shown &&
      event.type === 'output.cleared' &&
      event.data.cellId === cellId &&
      event.actor.kind === 'human'
  );
  return ran >= 0 && shown >= 0 && after ? 'shown' : cleared.has(cellId) ? 'some time' : 'no';
}

/** As they are shown: the agent has given them away, and the kernel did not get them, or did not want them. */
function untakenAnswers({ machine, events }: World, executionId: string): IopubMessage[] {
  return events.flatMap(event => {
    if (event.type !== 'execution.input-answered' || event.data.executionId !== executionId) {
      return [];
    }
    const { requestId, value } = event.data;
    const asked = events.find(
      (each): each is EventOf<'execution.input-requested'> =>
        each.type === 'execution.input-requested' && each.data.requestId === requestId
    );
    const taken = machine.truth.answers.some(answer => answer.asked === requestId);
    return taken ? [] : [echoOf(executionId, asked?.data.prompt ?? '', value ?? '········')];
  });
}

function isMove(after: number): (event: Event) => boolean {
  return ({ offset, type }) =>
    offset > after && ['cell.moved', 'cell.created', 'cell.deleted'].includes(type);
}
