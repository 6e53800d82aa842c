/** What must hold of the runs that a stream tells; each broken promise is a line. */
import { displayId } from '../../agent/core/outputs/output-message.js';
import { notebookJson } from '../../agent/room/rebuild.js';
import type { Event } from '../../schema/index.js';
import * as Y from 'yjs';
import { heardOf } from './readings.js';
import type { World } from './world.js';

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** What a run changes in its cell. */
const OF_A_RUN = /^output\.|^cell\.(count|metadata)-changed$/;

/** Every execution that was requested ends exactly once, and starts at most once, before that. */
export function endings(events: readonly Event[]): string[] {
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

function needsReason({ data }: EventOf<'execution.finished'>): boolean {
  return ['interrupted', 'cancelled'].includes(data.outcome) && !data.reason;
}

/** What the runtime does to a cell's outputs is told before it says that the run has ended. */
export function order({ events, machine }: World): string[] {
  const over = new Set<string>();
  const began = new Set<string>();
  /** Cells with a display that others update, too, or with a thread that prints on. */
  const sharing = new Set<string>();
  return events.flatMap(event => {
    if (event.type === 'execution.assigned') {
      began.add(event.data.executionId);
      over.delete(event.data.cellId);
      sharing.delete(event.data.cellId);
    } else if (event.type === 'execution.finished' && began.has(event.data.executionId)) {
      over.add(event.data.cellId);
      const { own, late } = heardOf(machine.truth, event.data.executionId);
      const ofThreads = late.some(({ header }) => header.msg_type === 'stream');
      if (ofThreads || own.some(({ content }) => displayId(content) === 'shared')) {
        sharing.add(event.data.cellId);
      }
    } else if (OF_A_RUN.test(event.type) && event.actor.kind === 'runtime') {
      const { cellId } = event.data as EventOf<'output.added'>['data'];
      const shared = event.type.startsWith('output.') && sharing.has(cellId);
      const late = over.has(cellId) && !shared;
      return late ? [`${event.type} of ${cellId} at ${event.offset} comes late`] : [];
    }
    return [];
  });
}

/** The kernel took each request once at most, with the source that was asked for. */
export function runs({ machine, events }: World): string[] {
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

/** Each answer goes to what was asked, once; the first one that was accepted; a password nowhere else. */
export function questions({ machine, events }: World): string[] {
  const { answers } = machine.truth;
  const asked = answers.map(answer => answer.asked);
  const text = JSON.stringify([
    events,
    notebookJson(machine.server?.room.document ?? new Y.Doc()),
    machine.disk
  ]);
  return [
    ...answers.flatMap(({ asked: question, meant, value }) => {
      const wrong = !events.some(
        ({ type, data }) =>
          type === 'execution.input-answered' &&
          data.requestId === meant &&
          (data.value ?? value) === value
      );
      return [
        ...(question === meant ? [] : [`an answer to ${meant} was given to ${question}`]),
        ...(wrong ? [`${meant} was answered with ${value}, which was not accepted`] : [])
      ];
    }),
    ...asked.flatMap((id, at) => (asked.indexOf(id) === at ? [] : [`${id} was answered twice`])),
    ...events.flatMap((event, at) =>
      event.type === 'execution.input-answered' &&
      !isOpen(events.slice(0, at), event.data.requestId)
        ? [`two answers to ${event.data.requestId} were accepted`]
        : []
    ),
    ...[...machine.unheard].map(
      id => `${id} was answered, the answer lost, and nobody asked again`
    ),
    ...[...machine.secrets].flatMap(secret =>
      text.includes(secret) ? [`${secret} is to be read`] : []
    )
  ];
}

/** A limit is told once, of a run that reached it, and the run is interrupted. */
export function limits({ machine, events }: World): string[] {
  const told = events.flatMap(event =>
    event.type === 'execution.limit-reached' ? [event.data.executionId] : []
  );
  return told.flatMap((id, at) => {
    const end = events.find(
      event => event.type === 'execution.finished' && event.data.executionId === id
    ) as EventOf<'execution.finished'> | undefined;
    return [
      ...(told.indexOf(id) === at ? [] : [`the limit of ${id} is told twice`]),
      ...(machine.truth.limited.has(id) ? [] : [`${id} reached no limit`]),
      ...(end?.data.outcome === 'interrupted' && (end.actor.kind !== 'runtime' || named(end))
        ? []
        : [`${id} reached a limit and was ${end?.data.outcome}: ${end?.data.reason}`])
    ];
  });
}

function named({ data }: EventOf<'execution.finished'>): boolean {
  // An agent that finds no kernel any more need not know of it.
  return /reached its limit|The kernel was shut down/.test(data.reason ?? '');
}

/** Nothing that a kernel said is ever lost here: the server keeps it until the room has it. */
export function losses(events: readonly Event[]): string[] {
  return events.flatMap(event =>
    event.type === 'execution.finished' && event.data.reason?.includes('were lost')
      ? [`${event.data.executionId}: ${event.data.reason}`]
      : []
  );
}

/** Whether the question was asked and not answered since. */
function isOpen(events: readonly Event[], requestId: string): boolean {
  const newest = events.findLast(
    ({ type, data }) =>
      (type === 'execution.input-requested' || type === 'execution.input-answered') &&
      data.requestId === requestId
  );
  return newest?.type === 'execution.input-requested';
}
