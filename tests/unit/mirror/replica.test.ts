import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { diffNotebook } from '../../../agent/core/notebook/diff.js';
import { evolveNotebook } from '../../../agent/core/notebook/evolve.js';
import { DISK_ACTOR, SAVE_ACTOR } from '../../../agent/room/attribution.js';
import { resumeReplica } from '../../../agent/room/replica.js';
import type { Draft, FactType } from '../../../schema/index.js';
import { ALICE, BOB, codeNotebook, EDIT_PAUSE, RoomWorld, RUNTIME } from './room-world.js';

const types = (drafts: readonly Draft[]): FactType[] => drafts.map(draft => draft.type);
const authors = (drafts: readonly Draft[]): string[] => drafts.map(draft => draft.actor.id);

function room(...sources: string[]): RoomWorld {
  const world = new RoomWorld();
  world.load(codeNotebook(sources));
  world.drafts.length = 0;
  return world;
}

describe('what has come', () => {
  it('[LT8] is known of each client', () => {
    const world = room('a');
    const peer = world.join(RUNTIME);
    const { clientID, store } = peer.notebook.ydoc;
    const written = () => ({ client: clientID, clock: Y.getState(store, clientID) });
    expect(world.replica.has(written())).toBe(true);
    peer.notebook.setMetadata('more', 1);
    const before = written();
    expect(world.replica.has(before)).toBe(false);
    world.edit(peer, notebook => notebook.setMetadata('more', 2));
    expect(world.replica.has(before)).toBe(true);
    expect(world.replica.has(written())).toBe(true);
    expect(world.replica.has({ ...before, client: clientID + 1 })).toBe(false);
  });
});

describe('opening', () => {
  it('[M6] states what the file brings once the room is ready, by the load', () => {
    const world = new RoomWorld();
    world.load(codeNotebook(['a', 'b']));
    expect(types(world.drafts)).toEqual([
      'notebook.opened',
      'notebook.metadata-changed',
      'cell.created',
      'cell.created'
    ]);
    expect(new Set(authors(world.drafts))).toEqual(new Set(['load']));
    expect(world.replica.state()).toEqual(world.read());
  });

  it('[M6] states what changed while nobody watched, by the disk', () => {
    const first = room('a', 'b');
    const world = new RoomWorld(first.replica.state());
    world.load(codeNotebook(['a', 'changed']));
    expect(types(world.drafts)).toEqual(['notebook.opened', 'cell.source-changed']);
    expect(authors(world.drafts)).toEqual(['load', 'disk']);
  });

  it('[M6] does not vouch for what peers wrote while the room was loading', () => {
    const world = new RoomWorld();
    world.serverWrites(ALICE, document => {
      const cell = new Y.Map<unknown>([
        ['id', 'mine'],
        ['cell_type', 'raw']
      ]);
      document.getArray('cells').insert(0, [cell]);
    });
    expect(world.drafts).toEqual([]);
    world.load(codeNotebook(['a']));
    const created = world.drafts.filter(draft => draft.type === 'cell.created');
    expect(created.map(draft => draft.assurance)).toEqual(['unverified', 'unverified']);
  });

  it('[M6] follows a file that was renamed while nobody watched', () => {
    const world = new RoomWorld(room('a').replica.state(), 'new.ipynb');
    world.load(codeNotebook(['a']));
    expect(types(world.drafts)).toEqual(['notebook.renamed', 'notebook.opened']);
    expect(world.replica.state().path).toBe('new.ipynb');
  });
});

describe('typing', () => {
  it('[M7] becomes one edit after a pause', () => {
    const world = room('');
    const alice = world.join(ALICE);
    for (const letter of 'print(1)') {
      expect(world.edit(alice, it => it.cells[0]?.updateSource(99, 99, letter))).toEqual([]);
      world.wait(EDIT_PAUSE - 1);
    }
    expect(world.drafts).toEqual([]);
    world.wait(1);
    expect(world.drafts).toMatchObject([
      {
        type: 'cell.source-changed',
        data: { splice: { at: 0, deleted: '', inserted: 'print(1)' } },
        actor: ALICE,
        assurance: 'verified',
        through: world.updates.length
      }
    ]);
  });

  it('[M7] is stated in time even if there is no pause', () => {
    const world = room('');
    const alice = world.join(ALICE);
    for (let second = 0; second < 61; second++) {
      world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
      world.wait(500);
      world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
      world.wait(500);
    }
    expect(types(world.drafts)).toEqual(['cell.source-changed', 'cell.source-changed']);
  });

  it('[M7] ends when its author goes on to something else', () => {
    const world = room('a', 'b');
    const alice = world.join(ALICE);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
    expect(types(world.edit(alice, it => it.cells[1]?.updateSource(0, 0, 'y')))).toEqual([
      'cell.source-changed'
    ]);
    const drafts = world.edit(alice, it => it.deleteCell(0));
    expect(types(drafts)).toEqual(['cell.source-changed', 'cell.deleted']);
    expect(drafts[1]).toMatchObject({ data: { cellId: 'cell-0', source: 'xa' } });
  });

  it('[M7] ends before a run, whoever typed', () => {
    const world = room('a', 'b');
    const alice = world.join(ALICE);
    const bob = world.join(BOB);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
    world.edit(bob, it => it.cells[1]?.updateSource(0, 0, 'y'));
    expect(authors(world.replica.flush())).toEqual(['alice', 'bob']);
    expect(world.replica.state().cells.map(({ source }) => source)).toEqual(['xa', 'yb']);
  });

  it('[M8] of two people in one cell is told apart', () => {
    const world = room('');
    const alice = world.join(ALICE);
    const bob = world.join(BOB);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'hello'));
    world.edit(bob, it => it.cells[0]?.updateSource(0, 4, ''));
    world.edit(alice, it => it.cells[0]?.updateSource(1, 1, '!'));
    world.flush();
    expect(authors(world.drafts)).toEqual(['alice', 'bob', 'alice']);
    expect(
      world.drafts.map(draft => draft.type === 'cell.source-changed' && draft.data.splice)
    ).toEqual([
      { at: 0, deleted: '', inserted: 'hello' },
      { at: 0, deleted: 'hell', inserted: '' },
      { at: 1, deleted: '', inserted: '!' }
    ]);
    const covered = world.drafts.map(({ through = 0 }) => world.updates[through - 1]?.actor.id);
    expect(covered).toEqual(['alice', 'bob', 'alice']);
  });

  it('[M8] in different cells does not end the other one', () => {
    const world = room('', '');
    const alice = world.join(ALICE);
    const bob = world.join(BOB);
    for (const letter of 'abc') {
      world.edit(alice, it => it.cells[0]?.updateSource(0, 0, letter));
      world.edit(bob, it => it.cells[1]?.updateSource(0, 0, letter));
    }
    expect(world.drafts).toEqual([]);
    world.wait(EDIT_PAUSE);
    expect(authors(world.drafts)).toEqual(['alice', 'bob']);
  });

  it('[M8] keeps its author when somebody else deletes the cell', () => {
    const world = room('');
    const alice = world.join(ALICE);
    const bob = world.join(BOB);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'mine'));
    world.edit(bob, it => it.deleteCell(0));
    expect(types(world.drafts)).toEqual(['cell.source-changed', 'cell.deleted']);
    expect(authors(world.drafts)).toEqual(['alice', 'bob']);
  });

  it('[M7] that is undone before the pause leaves no trace', () => {
    const world = room('a');
    const alice = world.join(ALICE);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
    world.edit(alice, it => it.cells[0]?.updateSource(0, 1, ''));
    world.wait(EDIT_PAUSE);
    expect(world.drafts).toEqual([]);
  });
});

describe('cells', () => {
  it('[M9] that JupyterLab moves have moved, though it deletes and inserts them', () => {
    const world = room('a', 'b', 'c');
    const alice = world.join(ALICE);
    expect(world.edit(alice, it => it.moveCell(0, 2))).toMatchObject([
      { type: 'cell.moved', data: { cellId: 'cell-0', after: 'cell-2' }, actor: ALICE }
    ]);
  });

  it('[M9] that change their type keep their id', () => {
    const world = room('a');
    const alice = world.join(ALICE);
    const drafts = world.edit(alice, notebook =>
      notebook.transact(() => {
        notebook.deleteCell(0);
        notebook.insertCell(0, { id: 'cell-0', cell_type: 'markdown', source: 'a', metadata: {} });
      })
    );
    expect(drafts).toMatchObject([{ type: 'cell.type-changed', data: { to: 'markdown' } }]);
  });

  it('[M9] that change their type in place lose the outputs that the type has not', () => {
    const world = room('a');
    const runtime = world.join(RUNTIME);
    const cell = runtime.notebook.cells[0] as unknown as { setOutputs(outputs: object[]): void };
    const line = { output_type: 'stream', name: 'stdout', text: 'x' };
    world.edit(runtime, () => cell.setOutputs([line]));
    world.flush();
    const drafts = world.edit(runtime, ({ cells }) => cells[0]?.ymodel.set('cell_type', 'raw'));
    expect(types(drafts)).toEqual(['cell.type-changed', 'output.cleared']);
    expect(world.replica.state()).toEqual(world.read());
  });

  it('[M9] that are doubled in the document are told apart the same way each time', () => {
    const world = room('a');
    const alice = world.join(ALICE);
    const twin = { id: 'cell-0', cell_type: 'code', source: 'twin', metadata: {} };
    world.edit(alice, it => it.insertCell(1, twin));
    expect(world.replica.state().cells.map(cell => cell.cellId)).toEqual(['cell-0', 'cell-0~2']);
    world.edit(alice, it => it.cells[1]?.setSource('changed'));
    world.edit(alice, it => it.deleteCell(0));
    expect(world.replica.state()).toEqual(world.read());
    expect(world.replica.state().cells).toMatchObject([{ cellId: 'cell-0', source: 'changed' }]);
  });
});

describe('outputs', () => {
  const line = (text: string): { output_type: 'stream'; name: string; text: string } => ({
    output_type: 'stream',
    name: 'stdout',
    text
  });

  /** A room in which the runtime has printed so many lines, one every `pause` ms. */
  function printing(lines: number, pause: number): ReturnType<typeof room> {
    const world = room('loop');
    const runtime = world.join(RUNTIME);
    const cell = runtime.notebook.cells[0] as unknown as {
      setOutputs(outputs: object[]): void;
      appendStreamOutput(index: number, text: string): void;
    };
    world.edit(runtime, () => cell.setOutputs([line('0\n')]));
    for (let number = 1; number < lines; number++) {
      world.wait(pause);
      world.edit(runtime, () => cell.appendStreamOutput(0, `${number}\n`));
    }
    return world;
  }

  it('[M10] of a run are stated once a second at most, while it prints', () => {
    const world = printing(50, 100);
    world.flush();
    expect(types(world.drafts)).toEqual(['output.added', ...Array(4).fill('output.changed')]);
    expect(world.replica.state()).toEqual(world.read());
  });

  it('[M10] of a run that pauses for a third of a second after each line are stated once a second, too', () => {
    const world = printing(20, 300);
    expect(world.drafts.length).toBeLessThan(6);
    world.flush();
    expect(world.replica.state()).toEqual(world.read());
  });

  it('[M10] and typing in the same cell do not disturb one another', () => {
    const world = room('loop');
    const runtime = world.join(RUNTIME);
    const alice = world.join(ALICE);
    const cell = runtime.notebook.cells[0] as unknown as { setOutputs(outputs: object[]): void };
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
    world.edit(runtime, () => cell.setOutputs([line('0\n')]));
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'y'));
    expect(world.drafts).toEqual([]);
    world.flush();
    expect(types(world.drafts)).toEqual(['cell.source-changed', 'output.added']);
    expect(authors(world.drafts)).toEqual(['alice', 'colophon-runtime']);
  });

  it('[M10] that a person clears are cleared by that person, after what the run wrote', () => {
    const world = room('loop');
    const runtime = world.join(RUNTIME);
    const alice = world.join(ALICE);
    type Code = { setOutputs(outputs: object[]): void; clearOutputs(): void };
    const ofRuntime = runtime.notebook.cells[0] as unknown as Code;
    const ofAlice = alice.notebook.cells[0] as unknown as Code;
    world.edit(runtime, () => ofRuntime.setOutputs([line('0\n')]));
    world.edit(alice, () => ofAlice.clearOutputs());
    expect(types(world.drafts)).toEqual(['output.added', 'output.cleared']);
    expect(authors(world.drafts)).toEqual(['colophon-runtime', 'alice']);
  });
});

describe('the room’s bookkeeping', () => {
  it('[M11] states nothing, except that the file was saved or renamed', () => {
    const world = room('a');
    const state = world.server.getMap('state');
    const alice = world.join(ALICE);
    world.serverWrites(SAVE_ACTOR, () => state.set('dirty', false));
    world.edit(alice, ({ ydoc }) => ydoc.getMap('state').set('document_id', 'json:notebook:1'));
    world.edit(alice, ({ cells }) => cells[0]?.ymodel.set('execution_state', 'running'));
    world.edit(alice, ({ cells }) => cells[0]?.setMetadata('trusted', false));
    expect(world.drafts).toEqual([]);
    world.serverWrites(SAVE_ACTOR, () => state.set('hash', 'abc'));
    world.serverWrites(DISK_ACTOR, () => state.set('path', 'b.ipynb'));
    expect(world.drafts).toMatchObject([
      { type: 'notebook.saved', data: { path: 'a.ipynb' }, actor: SAVE_ACTOR },
      { type: 'notebook.renamed', data: { from: 'a.ipynb', to: 'b.ipynb' } }
    ]);
  });

  it('[M11] states typing before the save that holds it', () => {
    const world = room('a');
    const alice = world.join(ALICE);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'x'));
    world.serverWrites(SAVE_ACTOR, document => document.getMap('state').set('hash', 'abc'));
    expect(types(world.drafts)).toEqual(['cell.source-changed', 'notebook.saved']);
  });

  it('[M12] states of a reload from disk only what really changed', () => {
    const world = room('a', 'b', 'c');
    world.serverWrites(DISK_ACTOR, document => {
      const cells = document.getArray<Y.Map<unknown>>('cells');
      const copies = cells.toArray().map((cell, index) => {
        const copy = cell.clone();
        if (index === 1) {
          copy.set('source', new Y.Text('changed'));
        }
        return copy;
      });
      cells.delete(0, cells.length);
      cells.insert(0, copies);
    });
    expect(world.drafts).toMatchObject([
      { type: 'cell.source-changed', data: { cellId: 'cell-1' }, actor: DISK_ACTOR }
    ]);
  });
});

describe('a host that starts again', () => {
  it('[M13] states what was pending, by those who did it', () => {
    const world = room('', '');
    const alice = world.join(ALICE);
    const bob = world.join(BOB);
    world.edit(alice, it => it.cells[0]?.updateSource(0, 0, 'one'));
    world.wait(EDIT_PAUSE);
    const known = world.replica.state();
    world.edit(alice, it => it.cells[0]?.updateSource(3, 3, ' two'));
    world.edit(bob, it => it.cells[1]?.updateSource(0, 0, 'three'));
    const replica = resumeReplica({
      path: world.path,
      epoch: 1,
      known,
      editPause: EDIT_PAUSE,
      updates: world.updates,
      ready: true
    });
    expect(replica.isReady()).toBe(true);
    const drafts = replica.flush();
    expect(drafts).toEqual(world.flush());
    expect(authors(drafts)).toEqual(['alice', 'bob']);
    expect(drafts.reduce(evolveNotebook, known)).toEqual(world.read());
  });

  it('[M13] states what it cannot account for as unverified, never not at all', () => {
    const world = room('a', 'b');
    const known = { ...world.replica.state(), cells: world.replica.state().cells.slice(1) };
    const replica = resumeReplica({
      path: world.path,
      epoch: 1,
      known,
      editPause: EDIT_PAUSE,
      updates: world.updates,
      ready: true
    });
    expect(replica.due()).toBe(0);
    expect(replica.settle(0)).toMatchObject([{ type: 'cell.created', assurance: 'unverified' }]);
    expect(diffNotebook(replica.state(), world.read())).toEqual([]);
  });

  it('[M13] goes on loading a room that was not ready', () => {
    const world = room('a');
    const replica = resumeReplica({
      path: world.path,
      epoch: 1,
      known: world.known,
      editPause: EDIT_PAUSE,
      updates: world.updates,
      ready: false
    });
    expect(replica.isReady()).toBe(false);
    replica.ready(world.at);
    expect(replica.state()).toEqual(world.read());
  });
});
