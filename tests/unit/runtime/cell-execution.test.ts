/** One run over a real document; the clock and the room's confirmations are cranked by hand. */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { SharedCellRun } from '../../../agent/peer/cell-run.js';
import type { ExecuteReply, IopubMessage, TapItem } from '../../../agent/ports/runtime.js';
import { CellExecution } from '../../../agent/runtime/cell-execution.js';
import type { Run } from '../../../agent/runtime/run-report.js';
import type { CellId, ExecutionId, FromAgent } from '../../../schema/index.js';
import { CrankedClock } from './cranked-clock.js';

const RUN: Run = {
  executionId: 'run' as ExecutionId,
  cellId: 'c' as CellId,
  source: '',
  allowError: false,
  requester: { kind: 'human', id: 'ada' }
};

/** A reply of the kernel. */
const OK: ExecuteReply = {
  ...{ status: 'ok', executionCount: 1, error: null },
  ...{ startedAt: null, repliedAt: null }
};

class World {
  readonly clock = new CrankedClock();
  readonly reports: FromAgent[] = [];
  readonly acknowledged: number[] = [];
  saves = 0;
  held = false;
  #confirmations: (() => void)[] = [];
  readonly #doc = new Y.Doc();
  #seq = 0;

  constructor() {
    const cell = new Y.Map<unknown>([
      ['id', 'c'],
      ['cell_type', 'code'],
      ['source', new Y.Text()],
      ['metadata', new Y.Map()],
      ['outputs', new Y.Array()]
    ]);
    this.#doc.getArray('cells').insert(0, [cell]);
  }

  execution(seq = 0, told?: Promise<void>, run = RUN): CellExecution {
    this.#seq = seq;
    const room = {
      kernelName: () => undefined,
      limits: () => undefined,
      mark: () => undefined,
      cellRun: () => new SharedCellRun(this.#doc, 'c'),
      quieten: () => undefined,
      confirmed: () => new Promise<void>(resolve => this.#confirmations.push(resolve)),
      written: () => ({ client: 1, clock: 0 }),
      save: () => (this.saves += 1),
      leave: () => Promise.resolve()
    };
    return new CellExecution(
      run,
      {
        room,
        told,
        clock: this.clock,
        kernel: { kernelId: 'kernel', kernelName: 'python3' },
        environment: () => undefined,
        report: message => this.reports.push(message),
        acknowledge: ({ seq: done }) => this.acknowledged.push(done),
        hold: held => (this.held = held)
      },
      { tap: 'tap', seq }
    );
  }

  /** The next item of the tap. */
  item(msg_type: string, content: IopubMessage['content'], seq = ++this.#seq): TapItem {
    const header = { msg_id: `m${seq}`, msg_type, session: 'kernel' };
    return { seq, message: { header, parent_header: { msg_id: 'run' }, metadata: {}, content } };
  }

  print(text: string): TapItem {
    return this.item('stream', { name: 'stdout', text });
  }

  /** The room has everything that was written so far. */
  async confirm(): Promise<void> {
    this.#confirmations.splice(0).forEach(resolve => resolve());
    await Promise.resolve();
  }

  /** The plain text of each display. */
  get shown(): unknown[] {
    const [cell] = this.#doc.getArray('cells').toJSON() as [
      { outputs: { data: Record<string, unknown> }[] }
    ];
    return cell.outputs.map(({ data }) => data['text/plain']);
  }

  get text(): string {
    const [cell] = this.#doc.getArray('cells').toJSON() as [{ outputs: { text: string }[] }];
    return cell.outputs.map(({ text }) => text).join('');
  }
}

const progress = { timing: {}, executionCount: 1, error: null };

describe('one run', () => {
  it('[R25] writes the first output at once and a flood in pauses', () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    execution.take(world.print('a'));
    expect(world.text).toBe('a');
    execution.take(world.print('b'));
    execution.take(world.print('c'));
    expect(world.text).toBe('a');
    world.clock.pass(50);
    expect(world.text).toBe('abc');
  });

  it('[Z9] shows what a thread prints while the reply is on its way', () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    execution.sent();
    execution.take(world.print('a'));
    execution.take(world.item('status', { execution_state: 'idle' }));
    execution.take(world.print('b'));
    execution.replied(OK);
    expect(world.text).toBe('ab');
  });

  it('[Y4] shows a display anew that a console shows again, in the run and until its end is told', () => {
    const world = new World();
    const execution = world.execution();
    const show = (plain: string) =>
      world.item('display_data', {
        ...{ data: { 'text/plain': plain }, metadata: {} },
        transient: { display_id: 'd' }
      });
    const showElsewhere = (plain: string) => {
      const item = show(plain) as Extract<TapItem, { message: unknown }>;
      const message = { ...item.message, parent_header: { msg_id: 'console' } };
      return { ...item, message };
    };
    execution.begin(() => undefined);
    execution.take(show('own'));
    execution.take(showElsewhere('in the run'));
    world.clock.pass(50);
    expect(world.shown).toEqual(['in the run']);
    execution.take(world.item('status', { execution_state: 'idle' }));
    execution.take(showElsewhere('behind it'));
    execution.replied(OK);
    expect(world.shown).toEqual(['behind it']);
  });

  it('[R26] lets the server forget a message only when the room has its output', async () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    execution.take(world.print('a'));
    world.clock.pass(3000);
    expect(world.acknowledged).toEqual([]);
    await world.confirm();
    expect(world.acknowledged).toEqual([1]);
    execution.take(world.print('b'));
    execution.replied({
      ...{ status: 'ok', executionCount: 1, error: null },
      ...{ startedAt: null, repliedAt: null }
    });
    execution.take(world.item('status', { execution_state: 'idle' }));
    expect(world.reports).toEqual([]);
    await world.confirm();
    await execution.done;
    expect(world.acknowledged).toEqual([1, 3]);
    expect(world.reports).toMatchObject([{ type: 'finished', outcome: 'ok' }]);
  });

  it('[GW10] says why its outputs are not whole, also where it ended well; what was missing before it is not its own', async () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    execution.take({ seq: 1, gap: 'Before.' });
    execution.take(world.item('status', { execution_state: 'busy' }, 2));
    execution.take({ seq: 3, gap: 'Left out.' });
    execution.take(world.item('status', { execution_state: 'idle' }, 4));
    execution.replied(OK);
    await world.confirm();
    await execution.done;
    expect(world.reports).toMatchObject([{ type: 'finished', outcome: 'ok', reason: 'Left out.' }]);
  });

  it('[LT4] says that it is over before the room has its outputs, and its end after the one before', async () => {
    const world = new World();
    const before = Promise.withResolvers<void>();
    const execution = world.execution(0, before.promise, { ...RUN, followed: true });
    execution.begin(() => undefined);
    execution.take(world.print('x'));
    execution.take(world.item('status', { execution_state: 'idle' }));
    execution.replied(OK);
    await execution.over;
    await world.confirm();
    expect(world.reports).toEqual([]);
    before.resolve();
    await execution.done;
    expect(world.reports).toMatchObject([
      { type: 'over', outcome: 'ok' },
      { type: 'finished', outcome: 'ok' }
    ]);

    const failed = world.execution(2, undefined, { ...RUN, followed: true });
    failed.begin(() => undefined);
    failed.take(world.item('error', { ename: 'E', evalue: '', traceback: [] }));
    failed.take(world.item('status', { execution_state: 'idle' }));
    failed.replied({ ...OK, status: 'error', error: { ename: 'E', evalue: '' } });
    await failed.over;
    expect(world.reports).toHaveLength(2);
    await world.confirm();
    await failed.done;
    expect(world.reports.slice(2)).toMatchObject([{ type: 'finished', outcome: 'error' }]);
  });

  it('[R27] has a cell saved that never falls silent', () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    for (let tenth = 0; tenth < 300; tenth += 1) {
      execution.take(world.print('.'));
      world.clock.pass(100);
    }
    expect(world.saves).toBe(3);
    world.clock.pass(60_000);
    expect(world.saves).toBe(3);
  });

  it('[R28] goes on behind what the room has, and tells an end that was not told', async () => {
    const world = new World();
    const first = world.execution(4);
    first.resume(progress);
    first.take(world.item('stream', { name: 'stdout', text: 'twice' }, 4));
    first.take(world.item('stream', { name: 'stdout', text: 'new' }, 5));
    expect(world.text).toBe('new');
    const idle = { 'iopub.execute_input': '2026-01-01T00:00:00Z', 'iopub.status.idle': 'later' };
    const next = world.execution(9);
    next.resume({ ...progress, timing: idle });
    await world.confirm();
    await next.done;
    expect(world.reports).toMatchObject([
      { type: 'started' },
      { type: 'finished', outcome: 'ok', finishedAt: 'later' }
    ]);
  });

  it('[R33] shows a page behind what the run prints, however early its reply comes', () => {
    const world = new World();
    const execution = world.execution();
    execution.begin(() => undefined);
    const page = { name: 'stderr', text: 'the page' };
    execution.showAtEnd({
      header: { msg_id: 'page', msg_type: 'stream' },
      ...{ parent_header: { msg_id: 'run' }, metadata: {}, content: page }
    });
    execution.replied({
      ...{ status: 'ok', executionCount: 1, error: null },
      ...{ startedAt: null, repliedAt: null }
    });
    execution.take(world.print('printed, '));
    execution.take(world.item('status', { execution_state: 'idle' }));
    expect(world.text).toBe('printed, the page');
  });

  it('[R29] ends though the reply, or the end of the output, is lost', async () => {
    const world = new World();
    const replyLost = world.execution();
    replyLost.begin(() => undefined);
    replyLost.take(world.item('execute_input', { execution_count: 1 }));
    replyLost.take(world.item('status', { execution_state: 'idle' }));
    world.clock.pass(1000);
    await world.confirm();
    await replyLost.done;
    const idleLost = world.execution();
    idleLost.begin(() => undefined);
    idleLost.replied({
      ...{ status: 'ok', executionCount: 1, error: null },
      ...{ startedAt: null, repliedAt: null }
    });
    world.clock.pass(9000);
    idleLost.take(world.print('still here'));
    world.clock.pass(19_000);
    await world.confirm();
    await idleLost.done;
    expect(world.reports.slice(1)).toMatchObject([
      { type: 'finished', outcome: 'ok' },
      { type: 'finished', outcome: 'ok', reason: expect.stringContaining('end of its output') }
    ]);
  });
});
