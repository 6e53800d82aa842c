/** What must hold once a world has come to rest; each broken promise is a line. */
import { evolveNotebook } from '../../agent/core/notebook/evolve.js';
import { fromNotebook } from '../../agent/core/notebook/from-notebook.js';
import { EMPTY_NOTEBOOK } from '../../agent/core/notebook/state.js';
import { readOutputs, type SharedOutputs } from '../../agent/peer/output-writer.js';
import { isOutput } from '../../agent/ports/runtime.js';
import { notebookJson } from '../../agent/room/rebuild.js';
import type { Event } from '../../schema/index.js';
import * as Y from 'yjs';
import { referenceOutputs } from '../unit/runtime/reference.js';
import { PATH, STREAM } from './machine.js';
import type { World } from './world.js';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

const WRITTEN_BY_PEOPLE = new Set(['cell.source-changed', 'cell.type-changed']);

/** The broken promises, none if all is well. */
export function brokenPromises(world: World): string[] {
  const { events } = world;
  return [
    ...events.flatMap(({ offset }, index) =>
      offset === index + 1 ? [] : [`offset ${offset} stands at ${index + 1}`]
    ),
    ...endings(events),
    ...order(events),
    ...runs(world),
    ...outputs(world),
    ...mirror(world),
    ...authors(world),
    ...fencing(world)
  ];
}

/** Every execution that was requested ends exactly once, and starts at most once, before that. */
function endings(events: readonly Event[]): string[] {
  const broken: string[] = [];
  const phases = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'execution.requested') {
      phases.set(event.data.executionId, 'requested');
    } else if (event.type === 'execution.started' || event.type === 'execution.finished') {
      const { executionId } = event.data;
      const phase = phases.get(executionId);
      if (phase === 'execution.finished' || phase === event.type || phase === undefined) {
        broken.push(`${executionId}: ${event.type} after ${phase}`);
      }
      phases.set(executionId, event.type);
      if (event.type === 'execution.finished' && needsReason(event)) {
        broken.push(`${executionId} was ${event.data.outcome} without a reason`);
      }
    }
  }
  for (const [executionId, phase] of phases) {
    if (phase !== 'execution.finished') {
      broken.push(`${executionId} has not ended: ${phase}`);
    }
  }
  return broken;
}

/** What the runtime does to a cell's outputs is told before it says that the run has ended. */
function order(events: readonly Event[]): string[] {
  const over = new Set<string>();
  return events.flatMap(event => {
    if (event.type === 'execution.assigned') {
      over.delete(event.data.cellId);
    } else if (event.type === 'execution.finished' && isTheRuntimes(event)) {
      over.add(event.data.cellId);
    } else if (event.type.startsWith('output.') && event.actor.kind === 'runtime') {
      const { cellId } = event.data as EventOf<'output.added'>['data'];
      return over.has(cellId) ? [`${event.type} of ${cellId} at ${event.offset} comes late`] : [];
    }
    return [];
  });
}

/** Whether the runtime says it of a run that it began. */
function isTheRuntimes({ actor, data }: EventOf<'execution.finished'>): boolean {
  return actor.kind === 'runtime' && data.startedAt !== null;
}

function needsReason({ data }: EventOf<'execution.finished'>): boolean {
  return ['interrupted', 'cancelled'].includes(data.outcome) && !data.reason;
}

/** The kernel took each request once at most, with the source that was asked for. */
function runs({ machine, events }: World): string[] {
  const { taken, code } = machine.truth;
  const twice = taken.filter((id, index) => taken.indexOf(id) !== index);
  const other = events.flatMap(event => {
    const ran = event.type === 'execution.requested' && code.get(event.data.executionId);
    return typeof ran === 'string' &&
      event.type === 'execution.requested' &&
      ran !== event.data.source
      ? [`${event.data.executionId} ran another source`]
      : [];
  });
  return [...twice.map(id => `the kernel took ${id} twice`), ...other];
}

/** Each cell shows what the kernel said for its last run, once and in order; no cell seems to run. */
function outputs(world: World): string[] {
  const document = world.machine.server?.room.document ?? new Y.Doc();
  const seen = new Set<unknown>();
  return document
    .getArray<Y.Map<unknown>>('cells')
    .toArray()
    .flatMap(cell => {
      const id = cell.get('id') as string;
      const broken: string[] = [];
      // An agent that was stopped while it was cut off leaves this to the next one.
      if (cell.get('execution_state') === 'running' && !isStopped(world.events)) {
        broken.push(`${id} seems to run`);
      }
      if (!seen.has(id)) {
        broken.push(...outputsOf(world, id, cell.get('outputs') as SharedOutputs));
      }
      seen.add(id);
      return broken;
    });
}

/** Whether the newest agent was stopped, or failed too often. */
function isStopped(events: readonly Event[]): boolean {
  return events.findLast(({ type }) => type.startsWith('agent.'))?.type === 'agent.stopped';
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
    const said = (world.machine.truth.said.get(executionId) ?? []).filter(isOutput);
    if (end.data.outcome === 'ok' || end.data.outcome === 'error') {
      const expected = JSON.stringify(sorted(referenceOutputs(said)));
      return shown === expected
        ? []
        : [`${cellId} shows ${shown} and not, of ${executionId}, ${expected}`];
    }
    for (let length = 0; length <= said.length; length += 1) {
      if (shown === JSON.stringify(sorted(referenceOutputs(said.slice(0, length))))) {
        return [];
      }
    }
    // What an agent had written that was stopped while it was cut off, nobody has.
    if (said.length > 0 && isTheRuntimes(end)) {
      return [`${cellId} shows ${shown}, which ${executionId} never showed`];
    }
    // It was ended before it began: the outputs of the run before stay.
  }
  return shown === '[]' ? [] : [`${cellId} shows ${shown} of no run`];
}

function isMove(after: number): (event: Event) => boolean {
  return ({ offset, type }) =>
    offset > after && ['cell.moved', 'cell.created', 'cell.deleted'].includes(type);
}

/** The journal, folded, is the notebook in the room. */
function mirror({ machine, events }: World): string[] {
  const folded = events.reduce(evolveNotebook, EMPTY_NOTEBOOK);
  const document = machine.server?.room.document ?? new Y.Doc();
  const room = fromNotebook(notebookJson(document), PATH);
  const [left, right] = [JSON.stringify(sorted(folded)), JSON.stringify(sorted(room))];
  return left === right ? [] : [`the journal has ${left} and the room ${right}`];
}

/** Whoever's document a change came from is its author; nobody but people changes sources. */
function authors({ machine, storage, events }: World): string[] {
  const broken: string[] = [];
  const { epoch } = storage.head(STREAM);
  for (let each = 1; each <= epoch; each += 1) {
    for (const { actor, bytes, number } of storage.updates(STREAM, { epoch: each })) {
      const owners = [...Y.parseUpdateMeta(bytes).from.keys()].map(
        client => machine.clients.get(client) ?? '?'
      );
      const [owner] = owners;
      const one = owner !== undefined && owners.every(other => other === owner);
      const people = ['ada', 'bob'];
      const right =
        !one ||
        (owner === 'runtime' && (actor.kind === 'runtime' || actor.via !== undefined)) ||
        (people.includes(owner) && actor.kind === 'human' && actor.id === owner) ||
        (owner === 'server' && actor.kind === 'system') ||
        // Somebody brings back to the room what another wrote, and nobody saw before.
        actor.id === 'snapshot';
      if (!right) {
        broken.push(`update ${each}/${number} is of ${owner}, and ${actor.id} is named`);
      }
    }
  }
  for (const { type, actor, offset } of events) {
    if (WRITTEN_BY_PEOPLE.has(type) && actor.kind === 'runtime') {
      broken.push(`${type} at ${offset} is said to be the runtime's`);
    }
  }
  return broken;
}

/** Once an agent has written, no earlier one writes. */
function fencing({ machine }: World): string[] {
  const writers = machine.server?.room.writers ?? [];
  const stale = writers.some((writer, index) => writer < (writers[index - 1] ?? 0));
  return stale ? [`agents wrote in turns: ${[...new Set(writers)].join(', ')}`] : [];
}

/** The same value with its keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
