/** What must hold once a world has come to rest; each broken promise is a line. */
import { evolveNotebook } from '../../agent/core/notebook/evolve.js';
import { fromNotebook } from '../../agent/core/notebook/from-notebook.js';
import { EMPTY_NOTEBOOK, type NotebookState } from '../../agent/core/notebook/state.js';
import { notebookJson } from '../../agent/room/rebuild.js';
import * as Y from 'yjs';
import { links } from './kept-promises.js';
import { STREAM } from './machine.js';
import { records } from './recorded-outputs.js';
import { endings, limits, losses, order, questions, runs } from './run-promises.js';
import { outputs } from './shown-outputs.js';
import { sorted } from './sorted.js';
import type { World } from './world.js';

const WRITTEN_BY_PEOPLE = new Set(['cell.source-changed', 'cell.type-changed']);

/** The broken promises, none if all is well. */
export function brokenPromises(world: World): string[] {
  const { events } = world;
  return [
    ...events.flatMap(({ offset }, index) =>
      offset === index + 1 ? [] : [`offset ${offset} stands at ${index + 1}`]
    ),
    ...endings(events),
    ...order(world),
    ...runs(world),
    ...outputs(world),
    ...records(world),
    ...links(world),
    ...questions(world),
    ...limits(world),
    ...losses(events),
    ...frames(world),
    ...mirror(world),
    ...authors(world),
    ...credit(world),
    ...fencing(world)
  ];
}

/** Each update of a room is stored once. */
function frames({ storage }: World): string[] {
  const seen = new Set<string>();
  return Array.from({ length: storage.head(STREAM).epoch }, (_, index) => index + 1).flatMap(
    epoch =>
      storage.updates(STREAM, { epoch }).flatMap(({ bytes, number }) => {
        const key = `${epoch} ${bytes.join()}`;
        const twice = seen.has(key);
        seen.add(key);
        return twice ? [`update ${epoch}/${number} is stored twice`] : [];
      })
  );
}

/** The journal, folded, is the notebook in the room; for what is kept outside it see kept-promises.ts. */
function mirror({ machine, events }: World): string[] {
  const folded = withoutLinks(events.reduce(evolveNotebook, EMPTY_NOTEBOOK));
  const document = machine.server?.room.document ?? new Y.Doc();
  const room = fromNotebook(notebookJson(document), machine.path);
  const [left, right] = [JSON.stringify(sorted(folded)), JSON.stringify(sorted(room))];
  return left === right ? [] : [`the journal has ${left} and the room ${right}`];
}

function withoutLinks(notebook: NotebookState): NotebookState {
  const cells = notebook.cells.map(cell => ({
    ...cell,
    outputs: cell.outputs.map(({ artifacts: _artifacts, ...output }) => output)
  }));
  return { ...notebook, cells };
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

/** What a run said is told of the runtime for whoever asked for that run, or for nobody. */
function credit({ events, moved }: World): string[] {
  const requesters = new Map<string, string>();
  return events.flatMap(({ type, data, actor, offset }) => {
    if (type === 'execution.requested') {
      requesters.set(data.executionId, actor.id);
    }
    if ((type !== 'output.added' && type !== 'output.changed') || actor.onBehalfOf === undefined) {
      return [];
    }
    if (moved.has(data.cellId)) {
      // A page that moves a cell makes it anew, with what it had seen: a run may go on behind that.
      return [];
    }
    const said = [...JSON.stringify(data).matchAll(/@(id-\d+);/g)].map(([, id]) => id ?? '');
    const wrong = said.filter(id => requesters.get(id) !== actor.onBehalfOf?.id);
    return wrong.map(
      id => `${type} at ${offset} is for ${actor.onBehalfOf?.id}, and ${id} said it`
    );
  });
}

/** Once an agent has written, no earlier one writes. */
function fencing({ machine }: World): string[] {
  const writers = machine.server?.room.writers ?? [];
  const stale = writers.some((writer, index) => writer < (writers[index - 1] ?? 0));
  return stale ? [`agents wrote in turns: ${[...new Set(writers)].join(', ')}`] : [];
}
