/** Floods of output on the whole system: what is kept outside the document is whole, whatever happens. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { ARTIFACT_MIME, ArtifactOutput, type Event } from '../../schema/index.js';
import { eventually } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

const LINES = 400_000;
const SOURCES = {
  lines: `for i in range(${LINES}): print(i)`,
  // Waits for the file, so that the agent dies in the middle, and not at an end.
  killed: `import os, time
for i in range(${LINES}):
    print(i)
    if i == ${LINES / 2}:
        while not os.path.exists("go"): time.sleep(0.02)`,
  // More outputs than the document takes, some of them changed later, and a traceback that is as large.
  many: `from IPython.display import display
import sys
for i in range(2000):
    h = display(i, display_id=True)
    if i % 50 == 0: print("line", i, file=sys.stderr if i % 100 else sys.stdout, flush=True); h.update(f"changed {i}")
raise ValueError("so long " * 50_000)`,
  html: `from IPython.display import HTML, display
display(HTML("<p>é" + "0123456789" * 1_000_000 + "</p>"))`
};

const lab = new JupyterLab();
let alice: RoomObserver;
let stream: string;
beforeAll(async () => {
  await lab.start();
  alice = await RoomObserver.join(lab, lab.writeNotebook('floods.ipynb', SOURCES));
  stream = `/notebooks/${alice.fileId}`;
});
afterAll(() => lab.stop());

async function run(cellId: keyof typeof SOURCES): Promise<void> {
  const { status } = await requestRun(lab, stream, { [cellId]: SOURCES[cellId] });
  expect(status).toBe(200);
}

async function ended(cellId: string, outcome = 'ok'): Promise<Event['data']> {
  const { data } = await eventually(
    lab,
    stream,
    'execution.finished',
    event => event.data.cellId === cellId,
    60_000
  );
  expect(data).toMatchObject({ outcome });
  return data;
}

/** What nbclient makes of a source on a kernel of the same kind. */
function reference(source: string): Promise<unknown[]> {
  return new Promise((done, failed) => {
    const child = execFile(
      resolve('.venv/bin/python'),
      [resolve('tests/integration/reference_outputs.py')],
      { maxBuffer: 1 << 28 },
      (error, stdout) =>
        error instanceof Error ? failed(error) : done((JSON.parse(stdout) as unknown[][])[0]!)
    );
    child.stdin!.end(JSON.stringify([source]));
  });
}

/** Counts and ids of processes are each kernel's own. */
function comparable(outputs: unknown): unknown {
  const text = JSON.stringify(outputs);
  return JSON.parse(
    text.replace(/ipykernel_\d+/g, 'ipykernel').replace(/In\[\d+\]|In \[\d+\]/g, 'In[1]')
  );
}

/** The artifact of the cell's last output; undefined if it has none. */
function artifactOf(cellId: string): ArtifactOutput | undefined {
  const last = alice.cell(cellId)?.outputs.at(-1) as { data?: Record<string, unknown> } | undefined;
  return ArtifactOutput.safeParse(last?.data?.[ARTIFACT_MIME]).data;
}

async function bytesOf(link: object | undefined): Promise<string> {
  expect(link).toHaveProperty('hash');
  const { hash } = link as { hash: string };
  const answer = await lab.fetch(`colophon/api/artifacts/${hash}?stream=${stream}`);
  expect(answer.status).toBe(200);
  return answer.text();
}

const printed = Array.from({ length: LINES }, (_, line) => `${line}\n`).join('');

async function expectWhole(cellId: 'lines' | 'killed'): Promise<void> {
  const artifact = artifactOf(cellId);
  expect(artifact).toMatchObject({
    kind: 'stream',
    name: 'stdout',
    text: { bytes: printed.length }
  });
  const text = await bytesOf(artifact?.kind === 'stream' ? artifact.text : undefined);
  expect(text === printed).toBe(true);
  const [head, rest, ...more] = alice.cell(cellId)!.outputs as unknown as [
    { text: string },
    { data: Record<string, string> }
  ];
  expect(more).toEqual([]);
  expect(printed.startsWith(head.text)).toBe(true);
  const tail = rest.data['text/plain']!.split('\n').slice(1).join('\n');
  expect(printed.endsWith(tail)).toBe(true);
  expect(tail.length).toBeGreaterThan(10_000);
}

describe('floods', () => {
  it('[F15] hundreds of thousands of lines are complete, and the document stays small', async () => {
    await run('lines');
    await ended('lines');
    await expectWhole('lines');
    expect(Y.encodeStateAsUpdate(alice.notebook.ydoc).length).toBeLessThan(300_000);
  });

  it('[F16] are complete and nothing is doubled when the agent is killed in the middle', async () => {
    await run('killed');
    await until('a part is stored', () => {
      const artifact = artifactOf('killed');
      return artifact?.kind === 'stream' && artifact.text.bytes > 1_000_000;
    });
    const health = await lab.json<{ agents: { stream: string; pid: number }[] }>(
      'colophon/api/health'
    );
    process.kill(health.agents.find(each => each.stream === stream)!.pid, 'SIGKILL');
    await lab.fetch('api/contents/go', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'file', format: 'text', content: '' })
    });
    await ended('killed');
    await expectWhole('killed');
  });

  it('[F17] one large HTML output stands in the notebook as a link, with its plain text', async () => {
    await run('html');
    await ended('html');
    const artifact = artifactOf('html');
    expect(artifact).toMatchObject({ kind: 'data', parts: [{ mediaType: 'text/html' }] });
    const html = await bytesOf(artifact?.kind === 'data' ? artifact.parts[0] : undefined);
    expect(html === `<p>é${'0123456789'.repeat(1_000_000)}</p>`).toBe(true);
    expect(alice.cell('html')?.outputs).toMatchObject([
      { data: { 'text/plain': '<IPython.core.display.HTML object>' } }
    ]);
    expect(Y.encodeStateAsUpdate(alice.notebook.ydoc).length).toBeLessThan(500_000);
  });

  it('[AR18] the exported notebook is what nbclient makes of thousands of outputs and a large error', async () => {
    await run('many');
    const told = (await ended('many', 'error')) as { error: { evalue: string } };
    expect(JSON.stringify(told).length).toBeLessThan(6000);
    expect(JSON.stringify(alice.cell('many')?.outputs).length).toBeLessThan(3_000_000);
    expect(artifactOf('many')).toMatchObject({ kind: 'stream', name: 'traceback' });
    expect(JSON.stringify(alice.cell('many')?.outputs)).toContain('"name":"outputs"');
    const answer = await lab.fetch(`colophon/api/artifacts/notebook?stream=${stream}`);
    const { cells } = (await answer.json()) as { cells: { id: string; outputs: unknown[] }[] };
    const { outputs } = cells.find(({ id }) => id === 'many')!;
    expect(outputs).toHaveLength(2041);
    expect(comparable(outputs)).toEqual(comparable(await reference(SOURCES.many)));
  });
});
