import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evolveNotebook } from '../../../agent/core/notebook/evolve.js';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import { resumeReplica } from '../../../agent/room/replica.js';
import { ALICE, BOB, codeNotebook, EDIT_PAUSE, RoomWorld, type Peer } from './room-world.js';

/** What each of them types and takes away, and nobody else. */
const LETTERS: Readonly<Record<string, string>> = { alice: 'aA\n', bob: 'bB😀' };

const step = fc.record({
  peer: fc.nat(1),
  deletes: fc.boolean(),
  at: fc.nat(30),
  text: fc.nat(8),
  deliver: fc.nat(4),
  pause: fc.constantFrom(0, 0, 0, 0, 300, 1100),
  crash: fc.constantFrom(false, false, false, true)
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function type({ notebook, actor }: Peer, { deletes, at, text }: Step): void {
  const cell = notebook.cells[0]!;
  const own = [...(LETTERS[actor.id] ?? '')];
  const letters = [...cell.source];
  if (deletes) {
    const mine = letters.flatMap((letter, index) => (own.includes(letter) ? [index] : []));
    const chosen = mine[at % Math.max(1, mine.length)];
    if (chosen !== undefined) {
      const start = letters.slice(0, chosen).join('').length;
      cell.updateSource(start, start + letters[chosen]!.length, '');
    }
    return;
  }
  const start = letters.slice(0, at % (letters.length + 1)).join('').length;
  const typed = Array.from({ length: 1 + (text % 3) }, (_, n) => own[(text + n) % own.length]);
  cell.updateSource(start, start, typed.join(''));
}

/** The host is killed, and the next one goes on with what is stored. */
function crash(world: RoomWorld): void {
  world.replica = resumeReplica({
    path: world.path,
    epoch: 1,
    known: world.drafts.reduce(evolveNotebook, EMPTY_NOTEBOOK),
    editPause: EDIT_PAUSE,
    updates: world.updates,
    ready: true
  });
}

describe('who types beside and between what others type', () => {
  it('[M29] is told to have written and deleted nothing but that', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), steps => {
        const world = new RoomWorld();
        world.load(codeNotebook(['']));
        const peers = [ALICE, BOB].map(actor => world.join(actor));
        for (const next of steps) {
          type(peers[next.peer]!, next);
          for (let turn = 0; turn < next.deliver; turn += 1) {
            const other = peers[(next.at + turn) % 2]!;
            world.send(other);
            world.receive(other);
          }
          world.wait(next.pause);
          if (next.crash) {
            crash(world);
          }
        }
        world.deliver();
        world.flush();
        for (const draft of world.drafts) {
          if (draft.type === 'cell.source-changed') {
            const { deleted, inserted } = draft.data.splice;
            const own = new Set(LETTERS[draft.actor?.id ?? '']);
            expect([...deleted, ...inserted].filter(letter => !own.has(letter))).toEqual([]);
          }
        }
        expect(world.drafts.reduce(evolveNotebook, EMPTY_NOTEBOOK)).toEqual(world.read());
      }),
      { numRuns: 600 }
    );
  });

  it.each([1, 2])('[M29] at two places of %s cells at once', count => {
    const world = new RoomWorld();
    world.load(codeNotebook(Array.from({ length: count }, () => 'b')));
    const alice = world.join(ALICE);
    world.edit(alice, notebook =>
      notebook.transact(() => {
        for (const cell of notebook.cells) {
          cell.updateSource(0, 0, 'a');
          cell.updateSource(2, 2, 'aaa');
        }
      })
    );
    world.flush();
    const splices = world.drafts.flatMap(({ type, data }) =>
      type === 'cell.source-changed' ? [data.splice] : []
    );
    expect(splices).toEqual(
      Array.from({ length: count }, () => [
        { at: 0, deleted: '', inserted: 'a' },
        { at: 2, deleted: '', inserted: 'aaa' }
      ]).flat()
    );
  });
});
