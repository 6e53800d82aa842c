/** What readers get of a notebook as it was. */
import { type YCodeCell, YNotebook } from '@jupyter/ydoc';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../agent/journal/memory.js';
import { Views } from '../../../agent/loop/views.js';
import { createAttributor } from '../../../agent/room/attribution.js';
import { notebookJson, rebuildDocument } from '../../../agent/room/rebuild.js';
import { openReplica, resumeReplica } from '../../../agent/room/replica.js';
import { runtimeActor } from '../../../agent/core/actors.js';
import type {
  CellId,
  Digest,
  ExecutionId,
  Fact,
  RunId,
  StreamPath
} from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';

const STREAM = '/notebooks/one' as StreamPath;
const CELLS = ['a', 'b', 'c'] as CellId[];

/** A notebook with cells a, b and c, each change of which is stored. */
class Written {
  readonly #notebook = new YNotebook();
  readonly #clock = new CrankedClock();
  #id = 0;
  /** Number of the last update. */
  #last = 0;
  readonly journal = memoryJournal({ next: () => String((this.#id += 1)) }, this.#clock);
  readonly views = new Views(
    this.journal,
    {
      open: openReplica,
      resume: resumeReplica,
      attributor: createAttributor,
      rebuild: updates => notebookJson(rebuildDocument(updates))
    },
    () => {
      throw new Error('No fold is read here.');
    }
  );

  constructor() {
    this.#notebook.ydoc.on('update', (bytes: Uint8Array) => {
      const update = {
        epoch: 1,
        at: this.#at,
        actor: runtimeActor(),
        assurance: 'verified' as const
      };
      const { updates } = this.journal.append({ stream: STREAM, updates: [{ ...update, bytes }] });
      this.#last = updates.at(-1) ?? 0;
    });
    this.#notebook.setSource({
      ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
      cells: CELLS.map(id => ({
        ...{ id, cell_type: 'code', source: 'print(1)', metadata: {} },
        ...{ outputs: [], execution_count: null }
      }))
    });
  }

  /** Writes what the cell shows; gives the number of the update. */
  show(cellId: CellId, text: string): number {
    const cell = this.#notebook.cells.find(({ id }) => id === cellId) as YCodeCell;
    cell.setOutputs([{ output_type: 'stream', name: 'stdout', text }]);
    return this.#last;
  }

  /** Types behind the source of a cell; gives the number of the update. */
  type(cellId: CellId, text: string): number {
    const cell = this.#notebook.cells.find(({ id }) => id === cellId);
    cell?.updateSource(cell.getSource().length, cell.getSource().length, text);
    return this.#last;
  }

  /** Tells a fact that covers the updates through this one; settles with its offset once it can be read. */
  async tell(fact: Fact, through?: number): Promise<number> {
    const covers = through === undefined ? {} : { through };
    const by = { at: this.#at, actor: runtimeActor(), assurance: 'verified' as const };
    const { events, durable } = this.journal.append({
      stream: STREAM,
      events: [{ ...fact, ...by, ...covers }]
    });
    await durable;
    return events[0]!.offset;
  }

  close(): Promise<void> {
    this.#notebook.dispose();
    return this.journal.close();
  }

  get #at(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function asked(cellId: CellId): Fact {
  const ids = { executionId: `run-${cellId}` as ExecutionId, runId: 'run' as RunId, cellId };
  const sourceHash = `sha256:${'0'.repeat(64)}` as Digest;
  const data = { ...ids, source: 'print(1)', sourceHash, allowError: false };
  return { type: 'execution.requested', v: 1, data };
}

function ended(cellId: CellId): Fact {
  const at = new Date(0).toISOString();
  const executionId = `run-${cellId}` as ExecutionId;
  const data = { executionId, cellId, executionCount: 1, startedAt: at, finishedAt: at };
  return { type: 'execution.finished', v: 1, data: { ...data, outcome: 'ok' } };
}

function typed(cellId: CellId, inserted: string): Fact {
  const splice = { at: 8, deleted: '', inserted };
  return { type: 'cell.source-changed', v: 1, data: { cellId, splice } };
}

function saved(): Fact {
  return { type: 'notebook.saved', v: 1, data: { path: 'one.ipynb' } };
}

describe('a notebook as it was', () => {
  const written: Written[] = [];
  const write = () => {
    written.push(new Written());
    return written.at(-1)!;
  };
  afterEach(() => Promise.all(written.splice(0).map(each => each.close())));

  it('[DU15] has the outputs of a run wherever its cell stands', async () => {
    const notebook = write();
    for (const cellId of CELLS) {
      await notebook.tell(asked(cellId));
      await notebook.tell(saved(), notebook.show(cellId, `of ${cellId}`));
      await notebook.tell(ended(cellId));
    }
    const outputs = CELLS.map(
      cellId => notebook.views.execution(STREAM, `run-${cellId}` as ExecutionId)?.outputs
    );
    expect(outputs).toEqual(
      CELLS.map(cellId => [{ output_type: 'stream', name: 'stdout', text: `of ${cellId}` }])
    );
  });

  it('[DU16] has all that was told until then, also if older typing was told last', async () => {
    const notebook = write();
    await notebook.tell(asked('b' as CellId));
    const typing = notebook.type('a' as CellId, ' # typed');
    await notebook.tell(saved(), notebook.show('b' as CellId, 'shown'));
    await notebook.tell(typed('a' as CellId, ' # typed'), typing);
    const end = await notebook.tell(ended('b' as CellId));
    expect(notebook.views.document(STREAM, end)).toMatchObject({
      notebook: { cells: [{ source: 'print(1) # typed' }, { outputs: [{ text: 'shown' }] }, {}] }
    });
    const record = notebook.views.execution(STREAM, 'run-b' as ExecutionId);
    expect(record?.outputs).toMatchObject([{ text: 'shown' }]);
  });
});
