/**
 * The whole system without a browser: a real Jupyter Server, host, agents and kernels. Runs are asked
 * for by HTTP, and people are peers of the room. Each test takes a part away.
 */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventOf } from '../../schema/index.js';
import { eventsOf, eventually, factsOf } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

interface Status {
  readonly state: string;
  readonly problem: { readonly code: string; readonly remedy: string } | null;
  readonly notices: readonly { readonly code: string; readonly message: string }[];
  readonly host: { readonly pid: number } | null;
}

interface Health {
  readonly agents: readonly { readonly stream: string; readonly pid: number }[];
}

const statusOf = (lab: JupyterLab) => lab.json<Status>('colophon/status');

const running = (lab: JupyterLab, except = 0) =>
  until('a host runs', async () => {
    const status = await statusOf(lab);
    const pid = status.host?.pid;
    return status.state === 'running' && pid !== except ? pid : undefined;
  });

async function open(lab: JupyterLab, name: string, cells: Readonly<Record<string, string>>) {
  const path = lab.writeNotebook(name, cells);
  const alice = await RoomObserver.join(lab, path);
  return { path, alice, stream: `/notebooks/${alice.fileId}` };
}

const finishes = (lab: JupyterLab, stream: string, cellId: string) =>
  eventually(lab, stream, 'execution.finished', event => event.data.cellId === cellId, 40_000);

const counting = (lines: number, pause: number) =>
  `import time\nfor i in range(${lines}):\n    print(i, flush=True)\n    time.sleep(${pause})`;

const counted = (lines: number) => Array.from({ length: lines }, (_, line) => `${line}\n`).join('');

/** The source of a cell as its facts tell it, from the empty one. */
function told(changes: readonly EventOf<'cell.source-changed'>[], cellId: string): string {
  return changes
    .filter(event => event.data.cellId === cellId)
    .reduce((source, { data: { splice } }) => {
      const end = splice.at + splice.deleted.length;
      expect(source.slice(splice.at, end)).toBe(splice.deleted);
      return source.slice(0, splice.at) + splice.inserted + source.slice(end);
    }, '');
}

async function expectDense(lab: JupyterLab, stream: string): Promise<void> {
  const offsets = (await eventsOf(lab, stream)).map(event => event.offset);
  expect(offsets).toEqual(offsets.map((_, index) => index + 1));
}

describe('the whole', () => {
  const lab = new JupyterLab();

  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  it('[E20] an agent that is killed with -9 in a run is followed by one that goes on', async () => {
    const source = counting(30, 0.2);
    const { alice, stream } = await open(lab, 'agent.ipynb', { a: source });
    expect((await requestRun(lab, stream, { a: source })).status).toBe(200);
    await until('it prints', () => alice.text('a').includes('3\n'));
    const { agents } = await lab.json<Health>('colophon/api/health');
    const agent = agents.find(each => each.stream === stream);
    process.kill(agent?.pid ?? 0, 'SIGKILL');
    const { data } = await finishes(lab, stream, 'a');
    expect(data).toMatchObject({ outcome: 'ok', executionCount: 1 });
    await until('the room has all of it', () => alice.text('a') === counted(30));
    await until('idle', () => alice.cell('a')?.executionState === 'idle');
    expect(await factsOf(lab, stream, 'execution.finished')).toHaveLength(1);
    alice.leave();
  });

  it('[E21] a host that is killed with -9 while two people type and a cell runs misses and doubles nothing, and a run asked for meanwhile just works', async () => {
    const source = counting(30, 0.2);
    const cells = { a: source, b: "print('b')", typed: '', other: '' };
    const { path, alice, stream } = await open(lab, 'host.ipynb', cells);
    const bob = await RoomObserver.join(lab, path, 'bob');
    expect((await requestRun(lab, stream, { a: source })).status).toBe(200);
    await until('it prints', () => alice.text('a').includes('3\n'));
    const before = (await statusOf(lab)).host?.pid ?? 0;
    let typed = 0;
    const type = (peer: RoomObserver, letter: string, index: number) => {
      const cell = peer.notebook.cells[index];
      cell?.updateSource(cell.source.length, cell.source.length, letter);
    };
    await until('forty letters each', () => {
      type(alice, 'a', 2);
      type(bob, 'b', typed % 4 === 0 ? 2 : 3);
      typed += 1;
      if (typed === 10) {
        process.kill(before, 'SIGKILL');
      }
      return typed === 40;
    });
    const asked = performance.now();
    const answer = await requestRun(lab, stream, { b: cells.b }, 'bob');
    expect([answer.status, answer.body.detail]).toEqual([200, undefined]);
    expect(performance.now() - asked).toBeLessThan(4000);
    await running(lab, before);
    expect((await finishes(lab, stream, 'a')).data.outcome).toBe('ok');
    const second = await finishes(lab, stream, 'b');
    expect(second.data.outcome).toBe('ok');
    expect(second.actor).toMatchObject({ onBehalfOf: { id: 'bob' } });
    await until('every line', () => alice.text('a') === counted(30));
    const edits = await until('the typing is told', async () => {
      const changes = await factsOf(lab, stream, 'cell.source-changed');
      const same = ['typed', 'other'].every(
        id => told(changes, id) === alice.notebook.cells.find(cell => cell.id === id)?.source
      );
      return same ? changes : undefined;
    });
    for (const { actor, assurance, data } of edits) {
      expect(assurance).toBe('verified');
      expect(data.splice.deleted, JSON.stringify(edits)).toBe('');
      expect(new Set(data.splice.inserted)).toEqual(new Set(actor.id === 'alice' ? 'a' : 'b'));
    }
    await expectDense(lab, stream);
    alice.leave();
    bob.leave();
  });

  it('[E22] a request for a cell that is gone is refused within the wait for its source, and holds nobody else up', async () => {
    const { alice, stream } = await open(lab, 'gone.ipynb', { a: '1' });
    const began = performance.now();
    const gone = requestRun(lab, stream, { gone: '' });
    const good = await requestRun(lab, stream, { a: '1' }, 'bob');
    expect(good.status).toBe(200);
    const bobs = performance.now() - began;
    const refused = await gone;
    const alices = performance.now() - began;
    expect(refused).toMatchObject({ status: 404, body: { code: 'unknown-cell' } });
    expect(alices).toBeLessThan(6000);
    expect(bobs).toBeLessThan(alices - 1000);
    alice.leave();
  });

  it('[E23] when the server is killed with -9 in a run, the next one ends the run visibly, and nothing is stuck', async () => {
    const source = counting(1000, 0.2);
    const cells = { a: source, next: '2', bobs: "print('bob')", typed: '' };
    const { path, alice, stream } = await open(lab, 'server.ipynb', cells);
    expect((await requestRun(lab, stream, { a: source, next: '2' })).status).toBe(200);
    await until('it prints', () => alice.text('a').includes('3\n'));
    expect((await requestRun(lab, stream, { bobs: cells.bobs }, 'bob')).status).toBe(200);
    alice.leave();
    await lab.kill();
    await lab.start();
    const ended = await finishes(lab, stream, 'a');
    expect(ended.data.outcome).toBe('interrupted');
    expect(ended.data.reason).toMatch(/kernel/);
    expect((await finishes(lab, stream, 'next')).data.outcome).toBe('cancelled');
    expect((await finishes(lab, stream, 'bobs')).data.outcome).toBe('ok');
    const again = await RoomObserver.join(lab, path);
    expect(again.cell('a')?.executionState).toBe('idle');
    expect(again.cell('bobs')?.executionState).toBe('idle');
    expect(again.text('bobs')).toBe('bob\n');
    expect((await requestRun(lab, stream, { next: '2' })).status).toBe(200);
    await until(
      'a new run works',
      async () =>
        (await factsOf(lab, stream, 'execution.finished')).filter(
          event => event.data.cellId === 'next' && event.data.outcome === 'ok'
        ).length === 1
    );
    await expectDense(lab, stream);
    again.leave();
  });

  it('[E26] an agent that is stopped in a run leaves no cell that seems to run', async () => {
    const source = counting(1000, 0.2);
    const { alice, stream } = await open(lab, 'stopped.ipynb', { a: source });
    expect((await requestRun(lab, stream, { a: source })).status).toBe(200);
    await until('it prints', () => alice.text('a').includes('1\n'));
    expect(alice.cell('a')?.executionState).toBe('running');
    const stop = { id: crypto.randomUUID(), stream, type: 'agent.stop', data: {} };
    await lab.fetch('colophon/api/commands', { method: 'POST', body: JSON.stringify(stop) });
    expect((await finishes(lab, stream, 'a')).data.outcome).toBe('interrupted');
    await until('idle', () => alice.cell('a')?.executionState === 'idle', 5000);
    alice.leave();
  });

  it('[E24] a damaged journal is set aside with a notice, and everything goes on with a new one', async () => {
    const { alice, stream } = await open(lab, 'damaged.ipynb', { a: "print('a')", typed: '' });
    await eventually(lab, stream, 'notebook.opened');
    await lab.fetch('colophon/stop', { method: 'POST' });
    const folder = join(lab.data, 'colophon');
    writeFileSync(join(folder, 'journal.db'), 'this is no database'.repeat(1000));
    for (const side of ['-wal', '-shm'].map(end => join(folder, `journal.db${end}`))) {
      if (existsSync(side)) {
        truncateSync(side);
      }
    }
    alice.notebook.cells[1]?.setSource('while it was away');
    await lab.fetch('colophon/start', { method: 'POST' });
    await running(lab);
    const { notices } = await statusOf(lab);
    const notice = notices.find(each => each.code === 'journal-set-aside');
    const kept = readdirSync(folder).filter(name => name.startsWith('journal-corrupt-'));
    expect(kept.some(name => notice?.message.includes(name))).toBe(true);
    expect(kept.map(name => readFileSync(join(folder, name), 'utf8')).join('')).toContain(
      'this is no database'
    );
    expect((await requestRun(lab, stream, { a: "print('a')" })).status).toBe(200);
    expect((await finishes(lab, stream, 'a')).data.outcome).toBe('ok');
    await until('the output', () => alice.text('a') === 'a\n');
    alice.notebook.cells[1]?.setSource('afterwards');
    const edit = await eventually(lab, stream, 'cell.source-changed');
    expect(edit).toMatchObject({ actor: { id: 'alice' }, data: { cellId: 'typed' } });
    await expectDense(lab, stream);
    alice.leave();
  });

  it('[E25] of two servers on one data folder the second says so, and takes over when the first has ended, with what happened meanwhile', async () => {
    const first = await new JupyterLab().start();
    const second = await new JupyterLab({
      args: ['--ColophonExtension.backoff_longest_seconds=1'],
      env: { JUPYTER_DATA_DIR: first.data }
    }).start();
    const status = await statusOf(second);
    expect(status).toMatchObject({ state: 'unavailable', problem: { code: 'journal-locked' } });
    expect(status.problem?.remedy).not.toBe('');
    const began = performance.now();
    expect((await second.fetch('colophon/api/streams')).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(1000);
    const { alice, stream } = await open(second, 'second.ipynb', { a: '' });
    alice.notebook.cells[0]?.setSource('typed while locked');
    await until('the first is whole', async () => (await statusOf(first)).state === 'running');
    await first.kill('SIGTERM');
    await running(second);
    const edit = await eventually(second, stream, 'cell.source-changed');
    expect(edit).toMatchObject({ actor: { id: 'alice' }, assurance: 'verified' });
    expect(told([edit], 'a')).toBe('typed while locked');
    alice.leave();
    await second.stop();
    await first.stop();
  });
});
