/** What must hold of the bytes that a notebook keeps outside its document; each broken promise is a line. */
import { EMPTY_NOTEBOOK } from '../../agent/core/notebook/state.js';
import { evolveNotebook } from '../../agent/core/notebook/evolve.js';
import { idOf, outputLinks, type Link } from '../../agent/core/outputs/whole-outputs.js';
import { readOutputs, type SharedOutputs } from '../../agent/peer/output-writer.js';
import * as Y from 'yjs';
import type { World } from './world.js';

/** What the document links to is there, and known to the journal. */
export function links(world: World): string[] {
  const { machine, events } = world;
  const folded = events.reduce(evolveNotebook, EMPTY_NOTEBOOK);
  const known = new Set(
    folded.cells.flatMap(cell => cell.outputs.flatMap(({ artifacts }) => artifacts ?? []))
  );
  return linksOf(world).flatMap(link => {
    const id = idOf(link);
    const bytes = machine.stored.of(id);
    const isThere =
      'hash' in link ? bytes?.length === link.bytes : bytes && bytes.length >= link.bytes;
    return [
      ...(isThere ? [] : [`${id} with ${link.bytes} bytes has ${bytes?.length ?? 'none'}`]),
      ...(known.has(id) ? [] : [`the journal does not know that ${id} is referred to`])
    ];
  });
}

/** Long after, what nothing links to is gone. */
export function tidied(world: World): string[] {
  const { artifacts, fresh, uploads } = world.machine.stored;
  const linked = new Set(linksOf(world).map(idOf));
  return [...artifacts.keys(), ...fresh.keys(), ...uploads.keys()].flatMap(id =>
    linked.has(id) ? [] : [`${id} is kept, and nothing refers to it`]
  );
}

function linksOf({ machine }: World): readonly Link[] {
  const cells = (machine.server?.room.document ?? new Y.Doc()).getArray<Y.Map<unknown>>('cells');
  return cells.toArray().flatMap(cell => {
    const outputs = readOutputs(cell.get('outputs') as SharedOutputs);
    return outputs.flatMap(output => outputLinks(output));
  });
}
