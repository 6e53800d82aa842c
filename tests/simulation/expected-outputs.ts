/** What a run may have left in its cell, by what the kernel said and what people did meanwhile. */
import { displayId } from '../../agent/core/outputs/output-message.js';
import type { IopubMessage } from '../../agent/ports/runtime.js';
import type { Event } from '../../schema/index.js';
import { readings } from './readings.js';
import { echoOf, type Truth } from './simulated-kernel.js';
import { textOf, type WholeShown } from './whole-shown.js';
import type { World } from './world.js';

export type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** A run of which outputs are to be judged. */
export interface Judged {
  readonly cellId: string;
  readonly executionId: string;
  /** It came to its end; otherwise any beginning of it is right. */
  readonly complete: boolean;
  /** The agent that ran it is the one that there is now, and it has shown all. */
  readonly remembered: boolean;
  /** What had happened by then. */
  readonly events: readonly Event[];
}

/** The likeliest of the outputs that it may show, if it shows none of them; undefined if it does. */
export function likeliestInstead(
  world: World,
  whole: WholeShown,
  { cellId, executionId, complete, remembered, events }: Judged
): string | undefined {
  const expected = readings(world.machine.truth, executionId, {
    ...{ complete, remembered },
    cleared: clearing(world, events, cellId, executionId),
    untaken: untakenAnswers(world, executionId)
  });
  let first: string | undefined;
  for (const outputs of expected) {
    const reading = textOf(outputs);
    first ??= reading;
    if (whole.is(reading)) {
      return undefined;
    }
  }
  return first;
}

/**
 * Whether somebody moved the cell in such an event: a page that moves a cell makes it anew, with what it had
 * seen. The journal may name its neighbour.
 */
export function mayBeMoved({ moved }: World, cellId: string, event: Event): boolean {
  return moved.has(cellId) && ['cell.moved', 'cell.created', 'cell.deleted'].includes(event.type);
}

/** Whether somebody cleared the cell after the run had shown something there. */
function clearing(
  { cleared, machine }: World,
  events: readonly Event[],
  cellId: string,
  executionId: string
) {
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
  // What is cleared while it is put anew, kept outside or as an update of its display, may stand there again.
  const isAnew = machine.stored.runs.has(executionId) || hasUpdates(machine.truth, executionId);
  const isSure = after && !isAnew;
  return ran >= 0 && shown >= 0 && isSure ? 'shown' : cleared.has(cellId) ? 'some time' : 'no';
}

/** Whether a display of the run was shown more than once. */
function hasUpdates({ said }: Truth, executionId: string): boolean {
  const displays = (said.get(executionId) ?? []).flatMap(({ content }) => displayId(content) ?? []);
  return new Set(displays).size < displays.length;
}

/** As they are shown: the agent has given them away, and the kernel did not get them, or did not want them. */
function untakenAnswers({ machine, events }: World, executionId: string): IopubMessage[] {
  const taken = machine.truth.answers.map(({ asked, value }) => ({ asked, value }));
  return events.flatMap(event => {
    if (event.type !== 'execution.input-answered' || event.data.executionId !== executionId) {
      return [];
    }
    const { requestId, value } = event.data;
    const asked = events.find(
      (each): each is EventOf<'execution.input-requested'> =>
        each.type === 'execution.input-requested' && each.data.requestId === requestId
    );
    const at = taken.findIndex(
      each => each.asked === requestId && (value ?? each.value) === each.value
    );
    const isTaken = at >= 0 && taken.splice(at, 1).length > 0;
    return isTaken ? [] : [echoOf(executionId, asked?.data.prompt ?? '', value ?? '········')];
  });
}
