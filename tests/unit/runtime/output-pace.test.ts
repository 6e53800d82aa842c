/** The pace of outputs of which some are stored outside first; clock, room and uploads by hand. */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { budgetOf } from '../../../agent/core/outputs/output-budget.js';
import { SharedCellRun } from '../../../agent/peer/cell-run.js';
import { readMark } from '../../../agent/peer/shared-notebook.js';
import type { IopubMessage } from '../../../agent/ports/runtime.js';
import { OutputPace } from '../../../agent/runtime/output-pace.js';
import type { ArtifactLink } from '../../../schema/index.js';
import { CrankedClock } from './cranked-clock.js';
import { UploadStore } from './upload-store.js';

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

class World {
  readonly clock = new CrankedClock();
  readonly store = new UploadStore();
  readonly doc = new Y.Doc();
  readonly acknowledged: number[] = [];
  held = false;
  /** Transactions of the document. */
  writes = 0;
  bytes = 0;
  readonly cell: SharedCellRun;
  readonly pace: OutputPace;
  #seq = 0;

  constructor() {
    const cell = new Y.Map<unknown>([
      ['id', 'c'],
      ['cell_type', 'code'],
      ['source', new Y.Text()],
      ['metadata', new Y.Map()],
      ['outputs', new Y.Array()]
    ]);
    this.doc.getArray('cells').insert(0, [cell]);
    this.doc.on('update', (update: Uint8Array) => {
      this.writes += 1;
      this.bytes += update.length;
    });
    this.cell = new SharedCellRun(this.doc, 'c', {
      uploads: this.store,
      budget: uploads => budgetOf(1_000_000, uploads),
      pause: () => Promise.resolve(),
      hold: () => undefined
    });
    this.cell.begin(this.#mark());
    this.pace = new OutputPace({
      clock: this.clock,
      room: { confirmed: () => Promise.resolve(), save: () => undefined },
      cell: this.cell,
      write: (messages, when) => {
        const mark = this.#mark();
        this.cell.take(messages, mark, when);
        return mark;
      },
      acknowledge: ({ seq }) => this.acknowledged.push(seq),
      hold: held => (this.held = held)
    });
  }

  print(text: string): void {
    this.say('stream', { name: 'stdout', text });
  }

  say(msg_type: string, content: IopubMessage['content']): void {
    this.#seq += 1;
    this.pace.add({
      header: { msg_id: 'm', msg_type },
      parent_header: { msg_id: 'run' },
      metadata: {},
      content
    });
  }

  get text(): string {
    const [cell] = this.doc.getArray('cells').toJSON() as [{ outputs: [] }];
    const [output] = this.store.expand(cell.outputs);
    return typeof output?.['text'] === 'string' ? output['text'] : '';
  }

  #mark() {
    const progress = { timing: {}, executionCount: null, error: null };
    return { executionId: 'run', kernelId: 'kernel', tap: 'tap', seq: this.#seq, progress };
  }
}

describe('the pace of a flood', () => {
  it('[F13] stores as it comes and writes once a second, and seldom in a long one', async () => {
    const world = new World();
    const line = `${'x'.repeat(999)}\n`;
    world.print(line.repeat(1200));
    await settled();
    expect(world.cell.spilling).toBe(true);
    const before = { writes: world.writes, bytes: world.bytes };
    for (let tenth = 0; tenth < 100; tenth += 1) {
      world.print(line.repeat(100));
      world.clock.pass(100);
      await settled();
    }
    expect(world.writes - before.writes).toBeLessThanOrEqual(11);
    expect(world.bytes - before.bytes).toBeLessThan(11 * 20_000);
    for (let second = 0; second < 600; second += 1) {
      world.print(line);
      world.clock.pass(1000);
      await settled();
    }
    expect(world.writes - before.writes).toBeLessThan(11 + 120);
    await world.pace.stop();
    expect(world.text).toBe(line.repeat(1200 + 10_000 + 600));
  });

  it('[F20] writes a long stream that stands in the document five times a second, and its beginning at once', async () => {
    const world = new World();
    const line = `${'x'.repeat(99)}\n`;
    const before = world.writes;
    world.print(line);
    expect(world.writes - before).toBe(1);
    const second = async (): Promise<number> => {
      const { writes } = world;
      for (let each = 0; each < 100; each += 1) {
        world.print(line);
        world.clock.pass(10);
        await settled();
      }
      return world.writes - writes;
    };
    expect(await second()).toBeGreaterThan(15);
    world.print(line.repeat(700));
    world.clock.pass(200);
    expect(await second()).toBeLessThanOrEqual(5);
    expect(world.cell.spilling).toBe(false);
    await world.pace.stop();
    expect(world.text).toBe(line.repeat(1 + 100 + 700 + 100));
  });

  it('[F22] of 500 pictures leaves less than 1 MB in the document, with the links and what is around them', async () => {
    const world = new World();
    const hash = 'a'.repeat(64) as ArtifactLink['hash'];
    world.store.keep = (_upload, bytes, mediaType) =>
      Promise.resolve({ hash, key: 'k'.repeat(43), mediaType, bytes: bytes.length });
    const data = {
      'image/png': 'A'.repeat(66_668),
      'text/plain': '<IPython.core.display.Image object>'
    };
    for (let picture = 0; picture < 500; picture += 1) {
      world.say('display_data', { data, metadata: {} });
      world.clock.pass(50);
      await settled();
    }
    await world.pace.stop();
    const [cell] = world.doc.getArray('cells').toJSON() as [{ outputs: object[] }];
    expect(cell.outputs).toHaveLength(500);
    expect(Y.encodeStateAsUpdate(world.doc).length).toBeLessThan(1_000_000);
    expect(JSON.stringify(cell.outputs).length).toBeLessThan(1_000_000);
  });

  it('[F14] holds the kernel’s messages while storing is behind, and acknowledges what is stored and shown', async () => {
    const world = new World();
    world.print('x\n'.repeat(1 << 20));
    await settled();
    let answer: () => void = () => undefined;
    world.store.onRequest = () => new Promise(resolve => (answer = resolve));
    world.clock.pass(1000);
    await settled();
    expect(world.acknowledged).toEqual([1]);
    for (let piece = 0; piece < 6; piece += 1) {
      world.print('y\n'.repeat(1 << 20));
    }
    expect(world.held).toBe(true);
    world.clock.pass(60_000);
    await settled();
    expect(world.acknowledged).toEqual([1]);
    expect(readMark(world.doc)?.seq).toBe(1);
    world.store.onRequest = () => undefined;
    answer();
    await settled();
    await settled();
    expect(world.held).toBe(false);
    world.clock.pass(10_000);
    await settled();
    world.clock.pass(1000);
    await settled();
    expect(world.acknowledged).toEqual([1, 7]);
    expect(world.text).toBe('x\n'.repeat(1 << 20) + 'y\n'.repeat(6 << 20));
    expect(world.store.largestPiece).toBeLessThanOrEqual(4 << 20);
  });
});
