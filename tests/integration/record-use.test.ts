/**
 * The record of a notebook that was run in a real Jupyter Server: asked in SQL, exported over HTTP
 * and by the commands, and imported elsewhere, while the server goes on.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceHash } from '../../agent/core/digest.js';
import type { Problem } from '../../schema/index.js';
import { eventually } from '../e2e/history.js';
import { JupyterLab, type UserName } from '../e2e/jupyter-lab.js';
import { RoomObserver } from './room-observer.js';

const COLOPHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'colophon');
const SOURCES = { good: "print('seen by all')", bad: '1/0' };

interface Answer extends Partial<Problem> {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly truncated: boolean;
}

describe('the record of a real notebook', () => {
  const lab = new JupyterLab();
  const scratch = mkdtempSync(join(tmpdir(), 'colophon-use-'));
  let stream = '';
  let fileId = '';

  beforeAll(async () => {
    await lab.start();
    const path = lab.writeNotebook('used.ipynb', SOURCES);
    const alice = await RoomObserver.join(lab, path);
    ({ fileId } = alice);
    stream = `/notebooks/${fileId}`;
    const body = JSON.stringify({
      ...{ id: crypto.randomUUID(), stream, type: 'execution.request' },
      data: {
        cells: Object.entries(SOURCES).map(([cellId, source]) => ({
          cellId,
          sourceHash: sourceHash(source)
        }))
      }
    });
    const headers = { 'Content-Type': 'application/json' };
    const asked = await lab.fetch('colophon/api/commands', { method: 'POST', headers, body });
    expect(asked.status).toBe(200);
    await eventually(lab, stream, 'execution.finished', event => event.data.cellId === 'bad');
    alice.leave();
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  const ask = async (body: unknown, user: UserName = 'alice') => {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await lab.fetch('colophon/api/query', init, user);
    return { status: response.status, body: (await response.json()) as Answer };
  };
  /** The command as installed, with the folders of the lab. */
  const colophon = (...args: string[]) =>
    new Promise<{ code: number; out: string; error: string }>(resolve => {
      const env = { ...process.env, JUPYTER_DATA_DIR: lab.data };
      execFile(COLOPHON, args, { env, maxBuffer: 1 << 26 }, (error, out, complaint) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, error: complaint })
      );
    });

  it('[Q25] can be asked over HTTP, and what is refused says why', async () => {
    const sql =
      'SELECT cell_id, requested_by, kernel_name, outcome, error_name, seconds > 0 FROM executions WHERE stream = ? ORDER BY started_at';
    const { status, body } = await ask({ sql, parameters: [stream] });
    expect([status, body.rows]).toEqual([
      200,
      [
        ['good', 'alice', 'python3', 'ok', null, 1],
        ['bad', 'alice', 'python3', 'error', 'ZeroDivisionError', 1]
      ]
    ]);
    const outputs =
      "SELECT o.preview FROM outputs o JOIN executions x USING (stream, execution_id) WHERE x.cell_id = 'good'";
    expect((await ask({ sql: outputs })).body.rows).toContainEqual(['seen by all\n']);
    const wrong = await ask({ sql: 'SELECT * FROM record_key' });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'query-refused']);
    const endless =
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
    const late = await ask({ sql: endless, timeoutMs: 500 });
    expect([late.status, late.body.code]).toEqual([422, 'query-timeout']);
    const nonsense = await ask({ sql: 'SELECT 1', rows: 3 });
    expect([nonsense.status, nonsense.body.code]).toEqual([400, 'malformed-request']);
  });

  it('[Q26] shows a person nothing of a stream that they may not read', async () => {
    const post = {
      method: 'POST',
      body: '{"type": "diary", "payload": {"text": "of alice alone"}}'
    };
    expect((await lab.fetch('colophon/api/streams/alice-diary', post)).status).toBe(200);
    const sql = "SELECT count(*) FROM events WHERE stream = '/alice-diary'";
    expect((await ask({ sql })).body.rows).toEqual([[1]]);
    expect((await ask({ sql }, 'bob')).body.rows).toEqual([[0]]);
    const address = 'colophon/api/export?format=csv&stream=/alice-diary';
    expect((await lab.fetch(address)).status).toBe(200);
    const refused = await lab.fetch(address, {}, 'bob');
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([403, 'forbidden']);
  });

  it('[Q27] can be exported over HTTP in every form', async () => {
    const get = async (format: string) => {
      const response = await lab.fetch(`colophon/api/export?stream=${stream}&format=${format}`);
      expect([format, response.status]).toEqual([format, 200]);
      return Buffer.from(await response.arrayBuffer());
    };
    const lines = (await get('jsonl')).toString().trimEnd().split('\n');
    expect(lines.filter(line => line.includes('"type":"execution.finished"'))).toHaveLength(2);
    expect((await get('csv')).toString().split('\r\n')[0]).toMatch(/^stream,offset,at,type,/);
    const prov = JSON.parse((await get('prov')).toString()) as Record<string, object>;
    expect(Object.keys(prov['activity'] ?? {})).toHaveLength(2);
    expect(prov['agent']).toHaveProperty('person:alice');
    const crate = await get('crate');
    expect(crate.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    expect(crate.includes('"@type":"CreateAction"')).toBe(true);
    const unknown = await lab.fetch('colophon/api/export?stream=/nowhere');
    expect(unknown.status).toBe(404);
  });

  it('[V8] loses a payload to who may write the stream alone, and still verifies while the server runs', async () => {
    const send = async (path: string, body: object, user: UserName = 'alice') => {
      const init = { method: 'POST', body: JSON.stringify(body) };
      const response = await lab.fetch(`colophon/api/streams/${path}`, init, user);
      return { status: response.status, text: await response.text() };
    };
    expect((await send('alice-keys', { type: 'key', payload: { key: 'sesame' } })).status).toBe(
      200
    );
    const erasure = { offset: 1, reason: 'It is a key.' };
    expect((await send('__redact/alice-keys', erasure, 'bob')).status).toBe(403);
    expect((await send('__redact/alice-keys', erasure)).status).toBe(200);
    const notebook = await send(`__redact${stream}`, erasure);
    expect([notebook.status, notebook.text]).toEqual([
      403,
      expect.stringContaining('delete the stream')
    ]);
    const read = await lab.fetch('colophon/api/streams/alice-keys');
    expect(await read.text()).not.toContain('sesame');
    const verified = await colophon('verify');
    expect([verified.code, verified.error]).toEqual([0, '']);
    expect(verified.out).toContain('1 payload erased');
    const head = await lab.fetch('colophon/api/record', {}, 'bob');
    expect([200, 404]).toContain(head.status);
  });

  it('[Q28] by the commands leaves a running server, verifies, and comes into another journal', async () => {
    const sql = 'SELECT cell_id, outcome FROM executions ORDER BY started_at';
    const asked = await colophon('query', sql, '--format', 'csv');
    expect([asked.code, asked.out]).toEqual([0, 'cell_id,outcome\r\ngood,ok\r\nbad,error\r\n']);
    const file = join(scratch, 'notebook.jsonl');
    const exported = await colophon('export', '--notebook', fileId, '--output', file);
    expect([exported.code, exported.error]).toEqual([0, '']);
    expect((await colophon('verify', file)).code).toBe(0);
    const target = join(scratch, 'elsewhere');
    const imported = await colophon('import', file, '--dir', target);
    expect([imported.code, imported.error]).toEqual([0, '']);
    const there = await colophon('query', sql, '--dir', target, '--format', 'csv');
    expect(there.out).toBe(asked.out);
    const busy = await colophon('import', file);
    expect([busy.code, busy.error]).toEqual([1, expect.stringContaining('Another Colophon host')]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('seen by all', 'seen by you'));
    expect((await colophon('import', file, '--dir', target)).code).toBe(1);
  });
});
