/** What a notebook refers to outside its document, folded from its facts. */
import { describe, expect, it } from 'vitest';
import { EMPTY_NOTEBOOK, type NotebookState } from '../../../agent/core/notebook/state.js';
import {
  evolveReferences,
  isLetGo,
  NO_REFERENCES,
  readReferences,
  type References
} from '../../../agent/core/notebook/references.js';
import { evolveNotebook } from '../../../agent/core/notebook/evolve.js';
import type { CellId, Digest, Draft, OutputSummary } from '../../../schema/index.js';

const HASH = 'a'.repeat(64) as Digest;
const OTHER = 'b'.repeat(64) as Digest;
const cellId = 'c' as CellId;
const T0 = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;
const DAY = 86_400_000;

/** Takes facts, a minute after one another; `runs` while a run goes on. */
class World {
  notebook: NotebookState = EMPTY_NOTEBOOK;
  references: References = NO_REFERENCES;
  now = T0;
  runs = false;

  take(fact: Pick<Draft, 'type' | 'data'>): this {
    this.now += MINUTE;
    const at = new Date(this.now).toISOString();
    const actor = { kind: 'runtime', id: 'colophon-runtime' };
    const draft = { ...fact, v: 1, at, actor, assurance: 'verified' } as Draft;
    this.notebook = evolveNotebook(this.notebook, draft);
    this.references = evolveReferences(this.references, [draft], this.notebook, this.runs);
    return this;
  }

  cell(): this {
    const data = { cellId, after: null, cellType: 'code', source: '', metadata: {} };
    return this.take({ type: 'cell.created', data: { ...data, executionCount: null } });
  }

  shows(...artifacts: string[]): this {
    if ((this.notebook.cells[0]?.outputs.length ?? 0) > 0) {
      this.take({ type: 'output.cleared', data: { cellId, index: 0, count: 1 } });
    }
    const output: OutputSummary = {
      ...{ outputType: 'display_data', preview: '', bytes: 1, digest: OTHER },
      ...(artifacts.length > 0 && { artifacts })
    };
    return this.take({
      type: 'output.added',
      data: { cellId, index: 0, outputs: [output] }
    });
  }

  stores(hash: Digest): this {
    const data = { hash, bytes: 1, mediaType: 'text/plain' };
    return this.take({ type: 'artifact.stored', data });
  }

  /** Whether the bytes may go so long after now. */
  mayGo(id: string, after: number, graceDays = 7): boolean | undefined {
    const reference = this.references[id];
    return reference && isLetGo(reference, this.now + after, graceDays);
  }
}

describe('the references of a notebook', () => {
  it('[AR10] hold what stood at the end of a run for the grace after it is gone', () => {
    const world = new World().cell().stores(HASH).shows(HASH);
    expect(world.mayGo(HASH, 1000 * DAY)).toBe(false);
    world.shows();
    expect([world.mayGo(HASH, 6 * DAY), world.mayGo(HASH, 8 * DAY)]).toEqual([false, true]);
    world.shows(HASH);
    expect(world.mayGo(HASH, 1000 * DAY)).toBe(false);
    world.take({ type: 'cell.deleted', data: { cellId, cellType: 'code', source: '' } });
    expect([world.mayGo(HASH, 6 * DAY), world.mayGo(HASH, 8 * DAY)]).toEqual([false, true]);
  });

  it('[AR10] let go at once of what a run replaced before it ended, and soon of what it never showed', () => {
    const world = new World().cell();
    world.runs = true;
    world.stores(HASH).shows(HASH).stores(OTHER);
    world.shows();
    // It went with the outputs that were cleared, a minute ago.
    expect([world.mayGo(HASH, -1), world.mayGo(HASH, 0)]).toEqual([false, true]);
    expect([world.mayGo(OTHER, 0), world.mayGo(OTHER, 10 * MINUTE)]).toEqual([false, true]);
    world.shows(HASH).take({ type: 'execution.finished', data: {} });
    world.runs = true;
    world.shows();
    expect(world.mayGo(HASH, 6 * DAY)).toBe(false);
  });

  it('[AR10] forget an upload with which nobody was left, and the bytes that are removed', () => {
    const world = new World().cell();
    world.runs = true;
    world.shows('run-1').shows();
    expect(world.references).toEqual({});
    world.runs = false;
    world.shows('run-2').shows();
    expect([world.mayGo('run-2', 6 * DAY), world.mayGo('run-2', 8 * DAY)]).toEqual([false, true]);
    world.stores(HASH).take({ type: 'artifact.removed', data: { hash: HASH } });
    expect(Object.keys(world.references)).toEqual(['run-2']);
  });

  it('[AR10] are the same object where nothing changed, and none where the cursor is nonsense', () => {
    const world = new World().cell().shows(HASH);
    const before = world.references;
    world.take({ type: 'kernel.interrupt-requested', data: {} });
    expect(world.references).toBe(before);
    expect(readReferences(JSON.parse(JSON.stringify(before)) as never)).toEqual(before);
    for (const nonsense of [undefined, null, 1, [], { a: 1 }, { a: { since: 'x' } }]) {
      expect(readReferences(nonsense as never)).toEqual({});
    }
  });
});
