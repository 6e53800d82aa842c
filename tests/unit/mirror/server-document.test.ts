/** Updates as the server's own Python model makes them, recorded from jupyter_ydoc 4 and pycrdt. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import { fromNotebook } from '../../../agent/core/notebook/from-notebook.js';
import { createAttributor } from '../../../agent/room/attribution.js';
import { notebookJson, rebuildDocument } from '../../../agent/room/rebuild.js';
import { openReplica } from '../../../agent/room/replica.js';

interface Recording {
  /** How many updates came before the room was ready. */
  readonly ready: number;
  readonly updates: readonly { author: 'load' | 'save' | 'disk'; update: string }[];
  readonly loaded: unknown;
  readonly reloaded: unknown;
}

const recording = JSON.parse(
  readFileSync('tests/fixtures/room-of-jupyter-ydoc-4.json', 'utf8')
) as Recording;
const at = '2026-01-01T00:00:00.000Z';
const attributor = createAttributor(true);
const updates = recording.updates.map(({ author, update }, index) => {
  const bytes = new Uint8Array(Buffer.from(update, 'base64'));
  const by = attributor.attribute({ kind: 'server', cause: author, detail: '' }, bytes);
  return { number: index + 1, epoch: 1, at, bytes, ...by };
});

it('[M12] states what the server’s model loads, saves and reloads', () => {
  const replica = openReplica({
    path: 'a.ipynb',
    epoch: 1,
    known: EMPTY_NOTEBOOK,
    editPause: 1000
  });
  const loading = updates.slice(0, recording.ready).flatMap(update => replica.apply(update));
  expect(loading).toEqual([]);
  replica.ready(at);
  expect(replica.state()).toEqual(fromNotebook(recording.loaded, 'a.ipynb'));
  const drafts = updates.slice(recording.ready).flatMap(update => replica.apply(update));
  drafts.push(...replica.flush());
  expect(drafts.map(({ type, actor }) => [type, actor.id])).toEqual([
    ['notebook.saved', 'save'],
    ['cell.moved', 'disk'],
    ['cell.source-changed', 'disk'],
    ['notebook.renamed', 'disk']
  ]);
  expect(replica.state()).toEqual(fromNotebook(recording.reloaded, 'b/c.ipynb'));
});

it('[M27] credits the opening to whose connection opened the room, the content to the load', () => {
  const user = { username: 'alice', name: 'Alice' };
  const author = { kind: 'peer', user, connection: '1', via: 'live' } as const;
  const opener = attributor.attribute(author, new Uint8Array([0, 0]));
  const options = { path: 'a.ipynb', epoch: 1, known: EMPTY_NOTEBOOK, editPause: 1000 };
  const replica = openReplica({ ...options, opener });
  updates.slice(0, recording.ready).forEach(update => replica.apply(update));
  const by = replica.ready(at).map(({ type, actor }) => [type, actor.id]);
  expect(by[0]).toEqual(['notebook.opened', 'alice']);
  expect(new Set(by.slice(1).map(([, id]) => id))).toEqual(new Set(['load']));
});

it('[M15] rebuilds the notebook that the server’s model has', () => {
  const rebuilt = notebookJson(rebuildDocument(updates));
  expect(rebuilt).toEqual(recording.reloaded);
});
