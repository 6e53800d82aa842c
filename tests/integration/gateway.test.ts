/**
 * Kernels behind a gateway: a second Jupyter Server, which goes on when the first one is killed.
 * Nothing of what a kernel said meanwhile is lost or doubled, and the notebook keeps its kernel.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, factsOf } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

/** Prints as many lines again each time that the next of these files is there. */
const gates = ['first', 'second'];
const counting = `import os, time
for i in range(60):
    for gate in ${JSON.stringify(gates)}[:i // 20]:
        while not os.path.exists(gate):
            time.sleep(0.05)
    print(i, flush=True)`;
const counted = Array.from({ length: 60 }, (_, line) => `${line}\n`).join('');
const cells = {
  a: counting,
  next: 'print(i + 1)',
  later: 'print(i + 2)',
  flood: "import sys\nfor i in range(60):\n    sys.stdout.write('x' * 200_000); sys.stdout.flush()"
};

interface Session {
  readonly path: string;
  readonly kernel: { readonly id: string; readonly connections: number };
}

const finished = (lab: JupyterLab, stream: string, cellId: string) =>
  eventually(lab, stream, 'execution.finished', event => event.data.cellId === cellId, 40_000);

const gateway = new JupyterLab({ withoutColophon: true });

describe('kernels behind a gateway', () => {
  let lab: JupyterLab;

  beforeAll(async () => {
    await gateway.start();
    const env = { JUPYTER_GATEWAY_URL: gateway.url, JUPYTER_GATEWAY_AUTH_TOKEN: 'alice-token' };
    lab = await new JupyterLab({ env }).start();
  });

  afterAll(async () => {
    await lab.stop();
    await gateway.stop();
  });

  it('[GW1] when the server is killed with -9 in a run, the next one brings the whole output once, and the notebook has the same kernel', async () => {
    const path = lab.writeNotebook('n.ipynb', cells);
    const before = await RoomObserver.join(lab, path);
    const stream = `/notebooks/${before.fileId}`;
    expect((await requestRun(lab, stream, { a: cells.a, next: cells.next })).status).toBe(200);
    await until('the first lines', () => before.text('a').endsWith('19\n'));
    const [session] = await lab.json<Session[]>('api/sessions');
    const kernel = session?.kernel.id ?? '';
    // A page's own connection to the kernel, which must not take what is kept for the tap.
    const page = await connected(lab, kernel);
    before.leave();
    await lab.kill();
    page.terminate();
    await until('the gateway keeps what comes', async () => {
      const { connections } = await gateway.json<Session['kernel']>(`api/kernels/${kernel}`);
      return connections === 0;
    });
    open('first');
    await lab.start();
    const again = await connected(lab, kernel);
    open('second');
    const { data } = await finished(lab, stream, 'a');
    expect(data).toMatchObject({ outcome: 'ok', executionCount: 1 });
    expect((await finished(lab, stream, 'next')).data.outcome).toBe('ok');
    expect(await factsOf(lab, stream, 'execution.finished')).toHaveLength(2);
    const after = await RoomObserver.join(lab, path);
    expect(after.text('a')).toBe(counted);
    expect(data.reason).toBeUndefined();
    expect(after.text('next')).toBe('60\n');
    expect(after.cell('a')?.executionState).toBe('idle');
    const sessions = await lab.json<Session[]>('api/sessions');
    expect(sessions.map(each => [each.path, each.kernel.id])).toEqual([[path, kernel]]);
    expect((await requestRun(lab, stream, { later: cells.later })).status).toBe(200);
    expect((await finished(lab, stream, 'later')).data.outcome).toBe('ok');
    await until('the variable is there', () => after.text('later') === '61\n');
    after.leave();
    again.terminate();
  });

  it('[GW2] a run of which the gateway left out output says so', async () => {
    const observer = await RoomObserver.join(lab, 'n.ipynb');
    const stream = `/notebooks/${observer.fileId}`;
    expect((await requestRun(lab, stream, { flood: cells.flood })).status).toBe(200);
    const { data } = await finished(lab, stream, 'flood');
    expect(data.reason).toContain(
      'The gateway left out some of the output: IOPub data rate exceeded.'
    );
    observer.leave();
  });
});

/** Lets the first cell print on: the kernel works where the gateway does, in the folder of its notebooks. */
function open(name: string): void {
  writeFileSync(join(gateway.root, name), '');
}

/** A websocket to the kernel, as a page has one. */
function connected(lab: JupyterLab, kernel: string): Promise<WebSocket> {
  const session = crypto.randomUUID();
  const url = `${lab.url.replace(/^http/, 'ws')}api/kernels/${kernel}/channels`;
  const socket = new WebSocket(`${url}?session_id=${session}&token=alice-token`);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
  });
}
