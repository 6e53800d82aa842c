import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { YNotebook } from '@jupyter/ydoc';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import { evolveNotebook } from '../../../agent/core/notebook/evolve.js';
import type { NotebookState } from '../../../agent/core/notebook/state.js';
import { fromNotebook } from '../../../agent/core/notebook/from-notebook.js';
import { sameAuthor } from '../../../agent/room/lanes.js';
import { notebookJson, rebuildDocument } from '../../../agent/room/rebuild.js';
import { resumeReplica } from '../../../agent/room/replica.js';
import type { Draft } from '../../../schema/index.js';
import { ALICE, BOB, codeNotebook, EDIT_PAUSE, RoomWorld, RUNTIME } from './room-world.js';
import type { Peer } from './room-world.js';

/** What happens next in a world; the numbers choose cells, positions and texts. */
const step = fc.record({
  peer: fc.nat(2),
  kind: fc.nat(15),
  a: fc.nat(40),
  b: fc.nat(40),
  deliver: fc.nat(5),
  pause: fc.constantFrom(0, 0, 0, 30, 300, 1100)
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const WORDS = ['x', 'print(1)', '\n', '😀', 'é', 'import os\n', ' = 2', ''];

interface CodeCell {
  setOutputs(outputs: object[]): void;
  updateOutputs(start: number, end: number, outputs: object[]): void;
  appendStreamOutput(index: number, text: string): void;
  removeStreamOutput(index: number, start: number): void;
  clearOutputs(): void;
  readonly outputs: readonly { output_type: string }[];
  execution_count: number | null;
  executionState: string;
}

function act(notebook: YNotebook, { kind, a, b }: Step): void {
  const { cells } = notebook;
  const at = cells.length === 0 ? 0 : a % cells.length;
  const cell = cells[at];
  const word = WORDS[b % WORDS.length] ?? '';
  if (cell === undefined || kind === 0) {
    const cell_type = b % 3 === 0 ? 'markdown' : 'code';
    notebook.insertCell(at, { cell_type, source: word, metadata: { trusted: true } });
    return;
  }
  const length = cell.source.length;
  const code = cell.cell_type === 'code' ? (cell as unknown as CodeCell) : null;
  const last = (code?.outputs.length ?? 0) - 1;
  const stream = code?.outputs[last]?.output_type === 'stream';
  switch (kind) {
    case 1:
      return notebook.deleteCell(at);
    case 2:
      return notebook.moveCell(at, b % cells.length);
    case 3:
      return cell.setSource(word);
    case 4:
      return b % 2 === 0 ? cell.setMetadata('tags', [word]) : cell.deleteMetadata('tags');
    case 5:
      return notebook.setMetadata(b % 2 === 0 ? 'authors' : 'x', word);
    case 6:
      return code?.clearOutputs();
    case 7:
      return code?.setOutputs([{ output_type: 'stream', name: 'stdout', text: word }]);
    case 8: {
      const data = { 'text/plain': word, 'application/json': { b } };
      const display = { output_type: 'display_data', data, metadata: {} };
      return code?.updateOutputs(last + 1, last + 1, [display]);
    }
    case 9:
    case 10:
      return stream ? code?.appendStreamOutput(last, `${word}${b}\n`) : undefined;
    case 11:
      if (code !== null) {
        code.executionState = b % 2 === 0 ? 'running' : 'idle';
        code.execution_count = b;
      }
      return;
    case 12: {
      const { id, source } = cell;
      const cell_type = cell.cell_type === 'code' ? 'markdown' : 'code';
      return notebook.transact(() => {
        notebook.deleteCell(at);
        notebook.insertCell(at, { id, cell_type, source, metadata: {} });
      });
    }
    default:
      return cell.updateSource(
        a % (length + 1),
        Math.min(length, (a % (length + 1)) + (b % 3)),
        word
      );
  }
}

/** Plays the steps in a fresh room of three peers. */
function play(steps: readonly Step[]): { world: RoomWorld; states: NotebookState[] } {
  const world = new RoomWorld();
  const states = [EMPTY_NOTEBOOK];
  world.server.on('update', () => states.push(world.read()));
  world.load(codeNotebook(['a = 1', 'print(a)', '']));
  const peers: Peer[] = [ALICE, BOB, RUNTIME].map(actor => world.join(actor));
  for (const next of steps) {
    const peer = peers[next.peer];
    if (peer !== undefined && (next.kind !== 11 || peer.actor === RUNTIME)) {
      act(peer.notebook, next);
    }
    for (let turn = 0; turn < next.deliver; turn++) {
      const other = peers[(next.a + turn) % peers.length];
      if (other !== undefined) {
        world.send(other);
        world.receive(other);
      }
    }
    world.wait(next.pause);
  }
  world.deliver();
  world.flush();
  return { world, states };
}

/** The part of a state that a fact about source or outputs is about. */
function part(state: NotebookState | undefined, draft: Draft): unknown {
  if (!('cellId' in draft.data)) {
    return undefined;
  }
  const { cellId } = draft.data;
  const cell = state?.cells.find(one => one.cellId === cellId);
  return draft.type === 'cell.source-changed' ? cell?.source : cell?.outputs.map(o => o.digest);
}

const isLane = (draft: Draft): boolean =>
  draft.type === 'cell.source-changed' || draft.type.startsWith('output.');

/**
 * Did the author of the draft alone make it? Going back from the last update that it covers, over
 * updates that left this part alone or are by the same author, there is a state as it was before.
 */
function isSoleAuthor(
  draft: Draft,
  before: NotebookState,
  world: RoomWorld,
  states: readonly NotebookState[]
): boolean {
  const wanted = JSON.stringify(part(before, draft));
  for (let number = draft.through ?? 0; number > 0; number--) {
    const update = world.updates[number - 1];
    const earlier = JSON.stringify(part(states[number - 1], draft));
    const touched = earlier !== JSON.stringify(part(states[number], draft));
    if (touched && (update === undefined || !sameAuthor(update, draft))) {
      return false;
    }
    if (earlier === wanted) {
      return true;
    }
  }
  return false;
}

const RUNS = { numRuns: 400 };
const plays = fc.array(step, { minLength: 1, maxLength: 60 });

describe('any room', () => {
  it('[M14] is what its facts say, once nothing is pending', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(plays, steps => {
        const { world } = play(steps);
        const folded = world.drafts.reduce(evolveNotebook, EMPTY_NOTEBOOK);
        expect(folded).toEqual(world.read());
        expect(world.replica.state()).toEqual(folded);
        expect(world.replica.due()).toBeNull();
      }),
      RUNS
    );
  });

  it('[M15] is rebuilt from its stored updates', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(plays, fc.nat(), (steps, cut) => {
        const { world, states } = play(steps);
        const number = cut % (world.updates.length + 1);
        const rebuilt = notebookJson(rebuildDocument(world.updates.slice(0, number)));
        const expected = { ...states[number], path: null };
        expect(fromNotebook(rebuilt)).toEqual(expected);
      }),
      RUNS
    );
  });

  it('[M8] has one author for each fact: who really made it', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(plays, steps => {
        const { world, states } = play(steps);
        let known = EMPTY_NOTEBOOK;
        for (const draft of world.drafts) {
          const update = world.updates[(draft.through ?? 0) - 1];
          expect(update !== undefined && sameAuthor(update, draft)).toBe(true);
          if (isLane(draft) && update?.actor.kind !== 'system') {
            const sole = isSoleAuthor(draft, known, world, states);
            const oneOfMany = world.drafts.some(
              other => other !== draft && other.through === draft.through
            );
            expect(sole || oneOfMany).toBe(true);
          }
          known = evolveNotebook(known, draft);
        }
      }),
      RUNS
    );
  });

  it('[M13] goes on after a crash as if nothing had been', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(plays, fc.nat(), (steps, cut) => {
        const { world } = play(steps);
        const number = 1 + (cut % world.updates.length);
        const first = new RoomWorld();
        first.replica.apply(
          world.updates[0] ?? {
            number: 0,
            epoch: 1,
            at: first.at,
            bytes: new Uint8Array([0, 0]),
            actor: ALICE,
            assurance: 'verified'
          }
        );
        const drafts = first.replica.ready(first.at);
        for (const update of world.updates.slice(1, number)) {
          drafts.push(...first.replica.apply(update));
        }
        const known = drafts.reduce(evolveNotebook, EMPTY_NOTEBOOK);
        const second = resumeReplica({
          path: world.path,
          epoch: 1,
          known,
          editPause: EDIT_PAUSE,
          updates: world.updates.slice(0, number),
          ready: true
        });
        const pending = first.replica.flush();
        const again = second.flush();
        const bare = (list: readonly Draft[]): unknown[] =>
          list.map(({ type, data, actor, assurance, through }) =>
            JSON.stringify([type, data, actor, assurance, through])
          );
        expect(new Set(bare(again))).toEqual(new Set(bare(pending)));
        for (const update of world.updates.slice(number)) {
          second.apply(update);
        }
        second.flush();
        expect(second.state()).toEqual(world.read());
      }),
      RUNS
    );
  });
});
