/** Outputs that are too large for the document, over crashes and what people do to the cell meanwhile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { OutputBudget } from '../../../agent/core/outputs/output-budget.js';
import type { Output } from '../../../agent/core/outputs/output.js';
import { SharedCellRun } from '../../../agent/peer/cell-run.js';
import { CellRuns } from '../../../agent/peer/cell-runs.js';
import type { Outside } from '../../../agent/peer/run-outputs.js';
import { readMark } from '../../../agent/peer/shared-notebook.js';
import type { IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import type { CellId } from '../../../schema/index.js';
import { messages } from './arbitrary-messages.js';
import { referenceOutputs } from './reference.js';
import { UploadStore } from './upload-store.js';

const SMALL: Omit<OutputBudget, 'uploads'> = {
  ...{ inlineBytes: 300, head: 10, tail: 400, small: 5 },
  ...{ stream: 250, beyond: 1500, each: 10 }
};
const never = new Promise<void>(() => undefined);

class World {
  readonly doc = new Y.Doc();
  readonly store = new UploadStore();
  readonly held: boolean[] = [];
  readonly #pauses: (() => void)[] = [];

  constructor() {
    this.doc.getArray('cells').insert(0, [codeCell()]);
  }

  get outside(): Outside {
    return {
      uploads: this.store,
      budget: uploads => ({ ...SMALL, uploads }),
      pause: () => new Promise<void>(resolve => this.#pauses.push(resolve)),
      hold: held => this.held.push(held)
    };
  }

  get cells(): Y.Array<Y.Map<unknown>> {
    return this.doc.getArray('cells');
  }

  get outputs(): Output[] {
    const [cell] = this.cells.toJSON() as [{ outputs: Output[] }];
    return cell.outputs;
  }

  /** With everything that is kept outside. */
  get whole(): unknown {
    return wellFormed(this.store.expand(this.outputs));
  }

  run(): SharedCellRun {
    const run = new SharedCellRun(this.doc, 'c', this.outside);
    run.begin(mark(0));
    return run;
  }

  /** The next pause is over. */
  async pass(): Promise<void> {
    await settled();
    this.#pauses.shift()?.();
    await settled();
  }
}

async function take(run: SharedCellRun, taken: readonly IopubMessage[], seq: number) {
  run.take(taken, mark(seq));
  await run.work;
}

async function end(run: SharedCellRun, seq: number): Promise<void> {
  run.close(mark(seq));
  await run.work;
  run.end(mark(seq));
}

/** Everything that only waits for promises has been done. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('outputs kept outside', () => {
  it('[F7] are complete, once and in order when the agent dies at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        messages,
        fc.array(fc.nat({ max: 40 }), { maxLength: 4 }),
        fc.array(fc.record({ after: fc.nat({ max: 12 }), carriedOut: fc.boolean() }), {
          maxLength: 4
        }),
        async (all, cuts, deaths) => {
          const world = new World();
          let run = world.run();
          for (const death of [...deaths, undefined]) {
            let left = death?.after ?? Infinity;
            const count = (): Promise<void> | undefined => ((left -= 1) < 0 ? never : undefined);
            world.store.onRequest = death?.carriedOut === true ? () => undefined : count;
            world.store.onAnswer = death?.carriedOut === true ? count : () => undefined;
            const alive = (async () => {
              let done = readMark(world.doc)?.seq ?? 0;
              for (const cut of [...cuts.sort((a, b) => a - b), all.length]) {
                if (cut > done) {
                  await take(run, all.slice(done, cut), Math.min(cut, all.length));
                  done = cut;
                }
              }
              await end(run, all.length);
              return true;
            })();
            const ended = await Promise.race([alive, settled().then(settled).then(settled)]);
            if (ended === true || death === undefined) {
              await alive;
              break;
            }
            run = new SharedCellRun(world.doc, 'c', world.outside);
            run.resume();
          }
          expect(JSON.stringify(world.outputs)).not.toContain('"upload"');
          expect(plain(world.whole)).toEqual(plain(wellFormed(referenceOutputs(all) as Output[])));
        }
      ),
      { numRuns: 500 }
    );
  });

  it('[F8] go on after a clearing, follow the cell when it is moved, and wait while it is cut', async () => {
    const world = new World();
    const run = world.run();
    const lines = (from: number): IopubMessage =>
      print(Array.from({ length: 100 }, (_, line) => `line ${from + line}\n`).join(''));
    await take(run, [lines(0)], 1);
    expect(run.spilling).toBe(true);
    const outputs = world.cells.get(0).get('outputs') as Y.Array<unknown>;
    outputs.delete(0, outputs.length);
    await take(run, [lines(100)], 2);
    const text = (from: number, to: number): unknown => [
      {
        output_type: 'stream',
        name: 'stdout',
        text: Array.from({ length: to - from }, (_, line) => `line ${from + line}\n`).join('')
      }
    ];
    expect(world.whole).toEqual(text(100, 200));
    // Cleared while what came before is being stored: that is cleared, too.
    world.store.onRequest = () => {
      world.store.onRequest = () => undefined;
      const now = world.cells.get(0).get('outputs') as Y.Array<unknown>;
      now.delete(0, now.length);
      return undefined;
    };
    await take(run, [lines(200)], 3);
    expect(world.outputs).toEqual([]);
    await take(run, [lines(300)], 4);
    // Moved: the mover had not seen the last lines.
    world.doc.transact(() => {
      world.cells.delete(0, 1);
      world.cells.insert(0, [codeCell()]);
    });
    await take(run, [lines(400)], 5);
    expect(world.whole).toEqual(text(300, 500));
    world.cells.delete(0, 1);
    await take(run, [lines(500)], 6);
    world.cells.insert(0, [codeCell()]);
    await take(run, [lines(600)], 7);
    await end(run, 7);
    expect(world.whole).toEqual(text(300, 700));
    expect(world.cells.get(0).get('execution_state')).toBe('idle');
  });

  it('[Z12] have no gap that is not told, when the disk was full and another agent goes on', async () => {
    const world = new World();
    const lines = (name: string): IopubMessage => print(`${name}\n`.repeat(100));
    const run = world.run();
    await take(run, [lines('kept')], 1);
    world.store.limit = 0;
    await take(run, [lines('refused')], 2);
    world.store.limit = Infinity;
    const next = new SharedCellRun(world.doc, 'c', world.outside);
    next.resume();
    await take(next, [lines('later')], 3);
    await end(next, 3);
    expect(JSON.stringify(world.outputs)).toContain('could not be kept');
    const [artifact] = world.store.artifacts.values();
    expect(artifact?.toString()).toBe('kept\n'.repeat(100));
  });

  it('[F9] keep to the budget when they come after the end, and are complete in the end', async () => {
    const world = new World();
    const runs = new CellRuns(world.doc, world.outside);
    const run = runs.open('c' as CellId);
    run.begin(mark(0));
    run.end(mark(0));
    for (let line = 0; line < 1000; line += 1) {
      runs.takeLate(print(`line ${line}\n`));
      if (line % 100 === 0) {
        await world.pass();
      }
    }
    await world.pass();
    expect(JSON.stringify(world.outputs).length).toBeLessThan(1500);
    const all = Array.from({ length: 1000 }, (_, line) => `line ${line}\n`).join('');
    expect(world.whole).toMatchObject([{ text: all }]);
    expect(JSON.stringify(world.outputs)).toContain('"upload"');
    for (let pause = 0; pause < 62; pause += 1) {
      await world.pass();
    }
    expect(JSON.stringify(world.outputs)).not.toContain('"upload"');
    expect(world.whole).toMatchObject([{ text: all }]);
    // The next run of the cell has it to itself.
    runs.takeLate(print('x'.repeat(2000)));
    runs.open('c' as CellId).begin(mark(9));
    await world.pass();
    expect(world.outputs).toEqual([]);
  });

  it('[F10] are held when more comes after the end than can be stored', async () => {
    const world = new World();
    const runs = new CellRuns(world.doc, world.outside);
    const run = runs.open('c' as CellId);
    run.begin(mark(0));
    run.end(mark(0));
    let answer: () => void = () => undefined;
    world.store.onRequest = () => new Promise(resolve => (answer = resolve));
    for (let piece = 0; piece < 12; piece += 1) {
      runs.takeLate(print('x'.repeat(1 << 20)));
    }
    expect(world.held.at(-1)).toBe(true);
    world.store.onRequest = () => undefined;
    answer();
    await world.pass();
    expect(world.held.at(-1)).toBe(false);
    expect(world.store.largestPiece).toBeLessThanOrEqual(4 << 20);
  });
});

function codeCell(): Y.Map<unknown> {
  return new Y.Map<unknown>([
    ['id', 'c'],
    ['cell_type', 'code'],
    ['source', new Y.Text()],
    ['metadata', new Y.Map()],
    ['execution_state', 'idle'],
    ['outputs', new Y.Array()]
  ]);
}

function mark(seq: number): RunMark {
  const progress = { timing: {}, executionCount: null, error: null };
  return { executionId: 'run', kernelId: 'kernel', tap: 'tap', seq, progress };
}

function print(text: string): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: 'stream' },
    parent_header: { msg_id: 'run' },
    metadata: {},
    content: { name: 'stdout', text }
  };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** A half of a surrogate pair is U+FFFD in UTF-8, as it is in a shared text. */
function wellFormed(outputs: readonly Output[]): unknown {
  return outputs.map(output =>
    typeof output['text'] === 'string' ? { ...output, text: output['text'].toWellFormed() } : output
  );
}
