/**
 * What goes wrong: the host is killed, parts are missing, requests are forged or nonsense.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../schema/index.js';
import { checkedFetch } from '../openapi-check.js';
import { eventsOf, eventually, factsOf, streamOf } from './history.js';
import { JupyterLab } from './jupyter-lab.js';
import { stage } from './stage.js';
import { until } from './until.js';

interface Status {
  readonly state: string;
  readonly problem: {
    readonly code: string;
    readonly summary: string;
    readonly remedy: string;
  } | null;
  readonly host: { readonly pid: number; readonly restarts: number } | null;
}

const HASH = '0'.repeat(64);

describe('failures', () => {
  const { lab, open } = stage();

  it('[E7] the host is killed while people type and a cell runs: nothing is missing, nothing double', async () => {
    const path = lab.writeNotebook('killed.ipynb', {
      run: 'import time\nfor i in range(40):\n    print(i, flush=True)\n    time.sleep(0.25)',
      type: ''
    });
    const alice = await open('alice', path);
    const stream = await streamOf(lab, path);
    await alice.kernelIdle();
    await alice.edit(0);
    await alice.command('notebook:run-cell');
    await alice.outputs(0).first().getByText('3').waitFor();
    const before = await lab.json<Status>('colophon/status');
    const typing = (async () => {
      await alice.edit(1);
      await alice.page.keyboard.type('text typed while the host is away', { delay: 60 });
    })();
    process.kill(before.host?.pid ?? 0, 'SIGKILL');
    await typing;
    await until('the host is back', async () => {
      const status = await lab.json<Status>('colophon/status');
      return status.state === 'running' && status.host?.pid !== before.host?.pid;
    });
    const finished = await eventually(lab, stream, 'execution.finished', () => true, 40_000);
    expect(finished.data.outcome).toBe('ok');
    const numbers = Array.from({ length: 40 }, (_, index) => `${index}\n`).join('');
    await until(
      'each number is there once',
      async () => (await alice.outputs(0).locator('pre').allTextContents()).join('') === numbers
    );
    const typed = await until('the typing is in the journal', async () => {
      const changes = (await factsOf(lab, stream, 'cell.source-changed')).filter(
        event => event.data.cellId === 'type'
      );
      const text = changes.reduce((source, { data: { splice } }) => {
        const kept = source.slice(splice.at, splice.at + splice.deleted.length);
        expect(kept).toBe(splice.deleted);
        return (
          source.slice(0, splice.at) +
          splice.inserted +
          source.slice(splice.at + splice.deleted.length)
        );
      }, '');
      return text === 'text typed while the host is away' ? changes : undefined;
    });
    expect(new Set(typed.map(event => event.actor.id))).toEqual(new Set(['alice']));
    const offsets = (await eventsOf(lab, stream)).map(event => event.offset);
    expect(offsets).toEqual(offsets.map((_, index) => index + 1));
    await alice.close();
  });

  it('[E8] the server is killed with -9: no process of ours stays', async () => {
    const other = await new JupyterLab().start();
    const status = await until('its host runs', async () => {
      const current = await other.json<Status>('colophon/status');
      return current.state === 'running' ? current : undefined;
    });
    const pid = status.host?.pid ?? 0;
    await other.kill();
    await until('the host ends', () => !existsSync(`/proc/${pid}`));
    await other.stop();
  });

  it('[E9] without Node the notebook works as usual and the status bar says what is missing and how to get it', async () => {
    const other = await new JupyterLab({ env: { COLOPHON_NODE: '/nowhere/node' } }).start();
    const path = other.writeNotebook('plain.ipynb', { a: "print('as usual')" });
    const alice = await open('alice', path, other);
    await alice.kernelIdle();
    await alice.edit(0);
    await alice.command('notebook:run-cell');
    await alice.outputs(0).getByText('as usual').waitFor();
    const status = await other.json<Status>('colophon/status');
    expect(status).toMatchObject({ state: 'unavailable', problem: { code: 'node-missing' } });
    await alice.page
      .locator('.jp-StatusBar-Widget')
      .getByText(/Colophon/)
      .click();
    await alice.page
      .getByText(status.problem?.remedy ?? '')
      .filter({ visible: true })
      .first()
      .waitFor();
    await alice.screenshot('no-node');
    await alice.close();
    await other.stop();
  });

  it('[E10] without collaboration the notebook works as usual', async () => {
    const other = await new JupyterLab({ args: ['--YDocExtension.disable_rtc=True'] }).start();
    const path = other.writeNotebook('alone.ipynb', { a: "print('as usual')" });
    const alice = await open('alice', path, other);
    await alice.kernelIdle();
    await alice.edit(0);
    await alice.command('notebook:run-cell');
    await alice.outputs(0).getByText('as usual').waitFor();
    expect(await other.json<Status>('colophon/status')).toMatchObject({
      problem: { code: 'collaboration-missing' }
    });
    await alice.close();
    await other.stop();
  });

  it('[E11] nonsense gets a clear refusal at once, and nothing is journaled but refusals at the door', async () => {
    const path = lab.writeNotebook('nonsense.ipynb', { a: '1' });
    const alice = await open('alice', path);
    const stream = await streamOf(lab, path);
    const opened = await eventually(lab, stream, 'notebook.opened');
    const command = (data: unknown, to = stream) => ({
      id: crypto.randomUUID(),
      stream: to,
      type: 'execution.request',
      data
    });
    const post = async (body: string, headers: Record<string, string> = {}) => {
      const response = await lab.fetch('colophon/api/commands', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body
      });
      return (await response.json()) as Problem;
    };
    const cells = [{ cellId: 'gone', sourceHash: HASH }];
    expect(await post('{')).toMatchObject({ status: 400, code: 'malformed-request' });
    expect(await post('{}')).toMatchObject({ status: 400, code: 'malformed-request' });
    expect(await post(JSON.stringify({ padding: 'x'.repeat(20_000_000) }))).toMatchObject({
      status: 413
    });
    expect(await post(JSON.stringify(command({ cells })))).toMatchObject({ code: 'unknown-cell' });
    expect(
      await post(JSON.stringify(command({ cells: [{ cellId: 'a', sourceHash: HASH }] })))
    ).toMatchObject({ code: 'source-mismatch' });
    expect(await post(JSON.stringify(command({ cells }, '/notebooks/no-such-file')))).toMatchObject(
      {
        status: 404,
        code: 'unknown-notebook'
      }
    );
    expect(
      await post(JSON.stringify(command({ cells })), { 'Colophon-Principal': 'forged' })
    ).toMatchObject({
      status: 400
    });
    const root = `${lab.url}colophon/`;
    const api = `${root}api/commands`;
    const stranger = await checkedFetch(root, api, {
      method: 'POST',
      headers: { Authorization: 'token wrong' },
      body: '{}'
    });
    expect(stranger.status).toBe(403);
    const cookies = await alice.page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const withoutXsrf = await checkedFetch(root, api, {
      method: 'POST',
      headers: { Cookie: cookie },
      body: '{}'
    });
    expect(withoutXsrf.status).toBe(403);
    const foreign = await checkedFetch(root, `${root}api/streams`, {
      headers: { Cookie: cookie, Origin: 'https://elsewhere.example' }
    });
    expect(foreign.status).toBe(403);

    const after = (await eventsOf(lab, stream)).filter(event => event.offset > opened.offset);
    expect(after.filter(event => event.type.startsWith('execution'))).toEqual([]);
    const reasons = await until('the refusals are recorded', async () => {
      const refused = (await factsOf(lab, '/refusals', 'request.refused')).map(
        event => event.data.reason
      );
      return refused.length >= 4 ? new Set(refused) : undefined;
    });
    expect(reasons).toEqual(new Set(['forged-header', 'unauthenticated', 'xsrf', 'origin']));
    await alice.close();
  });

  it('[E12] nothing is written outside Jupyter’s directories and the notebook itself', () => {
    const strange = readdirSync(lab.root).filter(
      name => !name.endsWith('.ipynb') && name !== '.ipynb_checkpoints'
    );
    expect(strange).toEqual([]);
    expect(existsSync(join(lab.data, 'colophon', 'journal.db'))).toBe(true);
  });
});
