/** The record of a run on the real stack: it stays as it was, whatever becomes of the cell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, sourceHash } from '../../agent/core/digest.js';
import type { WholeRecord } from '../../agent/core/views/execution-record.js';
import type { ExecutionId } from '../../schema/index.js';
import { eventually, factsOf } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

describe('the record of a run', () => {
  const packages = mkdtempSync(join(tmpdir(), 'colophon-packages-'));
  const lab = new JupyterLab({
    env: { PYTHONPATH: [resolve('tests/e2e'), packages].join(delimiter) }
  });
  let alice: RoomObserver;
  let stream: string;

  beforeAll(async () => {
    await lab.start();
    const path = lab.writeNotebook('record.ipynb', { a: '', b: '' });
    alice = await RoomObserver.join(lab, path);
    stream = `/notebooks/${alice.fileId}`;
  });
  afterAll(async () => {
    alice.leave();
    await lab.stop();
    rmSync(packages, { recursive: true });
  });

  /** Writes a source into a cell, asks for a run, and gives its id. */
  async function ask(cellId: string, source: string): Promise<ExecutionId> {
    const cell = alice.notebook.cells.find(each => each.id === cellId);
    cell?.setSource(source);
    const { status, body } = await requestRun(lab, stream, { [cellId]: source });
    expect(status).toBe(200);
    return body.events.find(event => event.type === 'execution.requested')!.data.executionId;
  }

  const told = (type: 'execution.started' | 'execution.finished', id: ExecutionId) =>
    eventually(lab, stream, type, ({ data }) => data.executionId === id);

  /** The same, when the run has ended. */
  async function run(cellId: string, source: string): Promise<ExecutionId> {
    const executionId = await ask(cellId, source);
    await told('execution.finished', executionId);
    return executionId;
  }

  const recordOf = (executionId: ExecutionId) =>
    lab.json<WholeRecord>(
      `colophon/api/views/execution?stream=${encodeURIComponent(stream)}&executionId=${executionId}`
    );

  it('[DU1] is whole after the cell was run again with another output, and after it was deleted', async () => {
    const source = "print('first')\n6 * 7";
    const first = await run('a', source);
    const before = await until('what it ran in is known', async () => {
      const record = await recordOf(first);
      return record.environment !== null && record;
    });
    expect(before).toMatchObject({
      ...{ executionId: first, cellId: 'a', source, sourceHash: sourceHash(source) },
      ...{ requester: { kind: 'human', id: 'alice' }, assurance: 'verified' },
      ...{ phase: 'ok', kernelName: 'python3', executionCount: 1, error: null },
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'first\n' },
        { output_type: 'execute_result', data: { 'text/plain': '42' } }
      ],
      outputSummaries: [{ preview: 'first\n' }, { preview: '42' }]
    });
    expect(before.kernelId).toMatch(/^[\w-]{36}$/);
    expect(Date.parse(before.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(before.startedAt!));
    const document = await lab.json<{ cells: { source: string }[] }>(
      `colophon/api/views/document?stream=${encodeURIComponent(stream)}&offset=${before.documentOffset}`
    );
    expect(document.cells[0]!.source).toBe(source);

    const second = await run('a', "print('second')");
    alice.notebook.deleteCell(0);
    await eventually(lab, stream, 'cell.deleted', () => true);
    expect(await recordOf(first)).toEqual(before);
    expect(await recordOf(second)).toMatchObject({
      outputs: [{ text: 'second\n' }],
      environment: before.environment
    });
  });

  it('[DU2] names what it ran in: the kernel as it says, interpreter and packages as they are', async () => {
    const id = await run('b', 'import sys, ipykernel; print(sys.prefix, sys.version_info[:3])');
    const { environment, outputs } = await recordOf(id);
    const { prefix, languageVersion, packageList, packages } = environment!;
    const version = languageVersion!.split('.').map(Number).join(', ');
    expect(outputs).toMatchObject([{ text: `${prefix} (${version})\n` }]);
    expect(environment).toMatchObject({ language: 'python', implementation: 'ipython' });
    expect(environment!.interpreter).toContain(resolve('.venv/bin/'));
    expect(packageList!.some(name => name.startsWith('ipykernel=='))).toBe(true);
    expect(packages).toBe(digestOf(packageList!.join('\n')));
  });

  it('[DU3] names another environment once a package was installed, and lists the packages once for each', async () => {
    const folder = JSON.stringify(join(packages, 'greeting-1.0.dist-info'));
    const go = join(packages, 'go');
    const waiting = `while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.01)`;
    const installing = await ask('b', `import os, time\n${waiting}\nos.mkdir(${folder})`);
    // What a run begins with is looked at while it begins.
    await told('execution.started', installing);
    writeFileSync(go, '');
    await told('execution.finished', installing);
    const next = await run('b', '1');
    const after = await run('b', '2');
    const known = await until('what it ran in is known', async () => {
      const { environment } = await recordOf(next);
      return environment ?? false;
    });
    expect(known.packageList).toContain('greeting==1.0');
    expect((await recordOf(after)).environment).toEqual(known);
    const before = (await recordOf(installing)).environment!;
    expect(before.packageList).toEqual(known.packageList!.filter(name => name !== 'greeting==1.0'));
    const facts = await factsOf(lab, stream, 'environment.recorded');
    expect(facts.map(({ data }) => data.packageList?.length)).toEqual([
      before.packageList!.length,
      known.packageList!.length
    ]);
  });
});
