/** When the state of widgets is written into the notebook, and by whom. */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { RunMetadata } from '../../../agent/peer/run-metadata.js';
import { SharedWidgets } from '../../../agent/peer/saved-widgets.js';
import type { KernelControl } from '../../../agent/ports/runtime.js';
import { WidgetState } from '../../../agent/runtime/widget-state.js';
import type { CellId } from '../../../schema/index.js';
import { CrankedClock } from './cranked-clock.js';

const VIEW = { 'application/vnd.jupyter.widget-view+json': { model_id: 'slider' } };

class World {
  readonly doc = new Y.Doc();
  readonly clock = new CrankedClock();
  readonly peers: unknown[] = [];
  readonly room = new SharedWidgets(this.doc, () => this.peers);
  running = false;
  asked = 0;
  writes = 0;
  readonly state = new WidgetState({
    clock: this.clock,
    control: () =>
      ({ kernelId: 'k', askWidgets: () => (this.asked += 1) }) as unknown as KernelControl,
    running: () => this.running
  });

  constructor(metadata: Record<string, unknown> = {}) {
    const output = new Y.Map<unknown>([
      ['output_type', 'display_data'],
      ['data', VIEW]
    ]);
    this.doc.getArray('cells').push([cell('a', [output]), cell('b', [])]);
    this.doc.getMap('meta').set('metadata', new Y.Map(Object.entries(metadata)));
    this.doc.on('update', () => (this.writes += 1));
    this.state.enter(this.room);
  }

  hears(type: string, data: object): void {
    const content = { comm_id: 'slider', target_name: 'jupyter.widget', data };
    const header = { msg_id: 'm', msg_type: type };
    this.state.take({ seq: 1, message: { header, parent_header: {}, metadata: {}, content } });
  }

  slides(value: number): void {
    this.hears('comm_msg', { method: 'echo_update', state: { value } });
  }

  get value(): unknown {
    return /"value":(\d+)/.exec(JSON.stringify(this.room.saved() ?? {}))?.[1];
  }
}

function cell(id: string, outputs: Y.Map<unknown>[]): Y.Map<unknown> {
  return new Y.Map<unknown>([
    ['id', id],
    ['metadata', new Y.Map(Object.entries({ tags: [id] }))],
    ['outputs', Y.Array.from(outputs)]
  ]);
}

describe('the state of widgets in the notebook', () => {
  it('[WG6] is written after a run, not during it, and once for changes that follow each other', () => {
    const world = new World();
    world.running = true;
    world.hears('comm_open', { state: { value: 1 } });
    world.clock.pass(5000);
    expect(world.writes).toBe(0);
    world.running = false;
    world.state.runEnded();
    world.clock.pass(1000);
    expect([world.value, world.writes]).toEqual(['1', 1]);
    for (let value = 2; value < 9; value += 1) {
      world.slides(value);
      world.clock.pass(100);
    }
    world.clock.pass(2000);
    expect(world.value).toBe('8');
    expect(world.writes).toBeLessThanOrEqual(2);
    world.state.runEnded();
    world.clock.pass(2000);
    expect(world.writes).toBeLessThanOrEqual(2);
  });

  it('[WG6] is written ever more rarely while changes do not end, and at the latest when the agent ends', () => {
    const world = new World();
    world.hears('comm_open', { state: { value: 0 } });
    for (let second = 1; second <= 600; second += 1) {
      world.slides(second);
      world.clock.pass(1000);
    }
    expect(world.writes).toBeLessThan(25);
    world.state.close();
    expect(world.value).toBe('600');
  });

  it('[WG6] is asked of the kernel once by an agent that has not heard of what is shown', () => {
    const world = new World();
    expect(world.asked).toBe(1);
    world.hears('comm_msg', {
      method: 'update_states',
      states: { slider: { state: { value: 5 } } }
    });
    world.clock.pass(1000);
    expect([world.value, world.asked]).toEqual(['5', 1]);
  });

  it('[WG7] is left to a page whose person has it saved by JupyterLab, while it is open, and to nobody where the notebook says so', () => {
    const world = new World();
    world.peers.push({ colophonSavesWidgets: true });
    world.hears('comm_open', { state: { value: 1 } });
    world.clock.pass(1000);
    expect(world.writes).toBe(0);
    world.peers.length = 0;
    world.clock.pass(60_000);
    expect(world.value).toBe('1');
    const off = new World({ colophon: { widgets: false } });
    off.hears('comm_open', { state: { value: 1 } });
    off.state.close();
    expect(off.writes).toBe(0);
  });
});

describe('what a request says of its cell', () => {
  it('[WG8] is its metadata, its id, and the cells deleted since the request before', () => {
    const { doc } = new World();
    const metadata = new RunMetadata(doc);
    const said = { tags: ['a'], cellId: 'a', recordTiming: true, deletedCells: [] as string[] };
    expect(metadata.of('a' as CellId)).toEqual(said);
    doc.getArray('cells').delete(1);
    expect(metadata.of('a' as CellId)).toEqual({ ...said, deletedCells: ['b'] });
    expect(metadata.of('a' as CellId)).toEqual(said);
  });
});
