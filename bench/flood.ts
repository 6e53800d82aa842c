/**
 * Floods of output: a million printed lines, a progress bar that is drawn at every step, 500 pictures,
 * one HTML output of 200 MB, 30,000 small displays, an error of 50 MB. For each: seconds from the request
 * over HTTP until the end of the run is in the history, with another person's peer in the room, against a
 * plain client that only reads (same machine, a kernel of its own, right after); how long Jupyter Server
 * lets a plain request wait meanwhile, also without Colophon; and what it takes in the document, in memory
 * and on disk. COLOPHON_FLOODS names those to run.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as Y from 'yjs';
import { JupyterLab } from '../tests/e2e/jupyter-lab.js';
import { requestRun } from '../tests/e2e/orders.js';
import { RoomObserver } from '../tests/integration/room-observer.js';
import { follow } from './figures/follow.js';
import { plainServer } from './figures/plain-server.js';
import { percentile } from './figures/spread.js';
import { watch } from './figures/waits.js';

const BAR = `import sys
for i in range(STEPS):
    sys.stderr.write(f"\\r{100 * i // STEPS:3d}%|{'#' * (40 * i // STEPS):<40}| {i}/STEPS [00:10<00:05, 99999.99it/s]")
    sys.stderr.flush()
`;

const FLOODS: Readonly<Record<string, string>> = {
  lines: 'for i in range(1_000_000): print(i)',
  bar: BAR.replaceAll('STEPS', process.env['COLOPHON_STEPS'] ?? '100000'),
  pictures: `import base64, os
from IPython.display import Image, display
for i in range(500): display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom(50_000), format="png"))`,
  html: `from IPython.display import HTML, display
display(HTML("<p>" + "0123456789abcdef" * 12_500_000 + "</p>"))`,
  displays: `from IPython.display import display
for i in range(30_000): display(i)`,
  error: 'raise ValueError("so long " * 6_250_000)'
};

const MB = 1_000_000;
const megabytes = (bytes: number): string => (bytes / MB).toFixed(2);

/** Peak resident memory of a process so far, in bytes; 0 if it is gone. */
function peak(pid: number): number {
  try {
    const told = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(told?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Seconds that a process has had the processor so far; 0 if it is gone. */
function worked(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = status.slice(status.lastIndexOf(')')).split(' ').slice(12, 14);
    return (Number(user) + Number(system)) / 100;
  } catch {
    return 0;
  }
}

/** Process ids below `parent`, by what their command line contains. */
function below(parent: number, part: string): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8');
      const above = Number(status.slice(status.lastIndexOf(')')).split(' ')[2]);
      children.set(above, [...(children.get(above) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const all = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap(child => [child, ...all(child)]);
  return all(parent).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part);
    } catch {
      return false;
    }
  });
}

/** Bytes of the files below a folder. */
function stored(folder: string, kind: RegExp = /./): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => kind.test(file))
    .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}

async function run(lab: JupyterLab, stream: string, cellId: string, source: string) {
  const ended = Promise.withResolvers<{ at: number; outcome: string }>();
  const leave = await follow(lab, stream, event => {
    if (event.type === 'execution.finished') {
      ended.resolve({ at: performance.now(), outcome: JSON.stringify(event.data) });
    }
  });
  const began = performance.now();
  const { status, body } = await requestRun(lab, stream, { [cellId]: source });
  if (status !== 200) {
    throw new Error(`${status} ${JSON.stringify(body)}`);
  }
  const { at, outcome } = await ended.promise;
  await leave();
  return { seconds: (at - began) / 1000, outcome };
}

async function flood(name: string, source: string): Promise<void> {
  const lab = await new JupyterLab().start();
  try {
    const path = lab.writeNotebook('flood.ipynb', { warm: '0', flood: source });
    const observer = await RoomObserver.join(lab, path, 'bob');
    const stream = `/notebooks/${observer.fileId}`;
    await run(lab, stream, 'warm', '0');
    const agents = (): number => Math.max(...below(lab.pid, 'runtime-agent').map(peak));
    const before = { server: peak(lab.pid), agent: agents() };
    const busy = (): number[] =>
      [[lab.pid], below(lab.pid, 'host.js'), below(lab.pid, 'runtime-agent')].map(pids =>
        pids.map(worked).reduce((sum, each) => sum + each, 0)
      );
    const busyBefore = busy();
    const unwatch = watch(lab);
    const { seconds, outcome } = await run(lab, stream, 'flood', source);
    const [server, host, agent] = busy().map((each, at) => (each - busyBefore[at]!).toFixed(2));
    const waits = await unwatch();
    const document = Y.encodeStateAsUpdate(observer.notebook.ydoc).length;
    const plain = JSON.parse(
      execFileSync(
        resolve('.venv/bin/python'),
        [join(import.meta.dirname, 'figures', 'plain_consumer.py'), source],
        { stdio: ['ignore', 'pipe', 'ignore'] }
      ).toString()
    ) as { seconds: number; messages: number; bytes: number };
    const kinds = (observer.cell('flood')?.outputs ?? []).length;
    console.log(
      `${name.padEnd(9)} ${seconds.toFixed(2)} s   plain ${plain.seconds.toFixed(2)} s (${plain.messages} messages, ${megabytes(plain.bytes)} MB)   ratio ${(seconds / plain.seconds).toFixed(2)}`
    );
    console.log(
      `          document ${megabytes(document)} MB, ${kinds} outputs   api/status p50 ${percentile(waits, 0.5).toFixed(0)} ms, p99 ${percentile(waits, 0.99).toFixed(0)} ms, most ${Math.max(...waits).toFixed(0)} ms`
    );
    const page = await plainServer(source);
    console.log(
      `          without Colophon, to the websocket of a page: ${page.seconds.toFixed(2)} s, longest api/status ${page.longest.toFixed(0)} ms`
    );
    console.log(
      `          peak memory: server ${megabytes(peak(lab.pid))} MB (${megabytes(before.server)} before), agent ${megabytes(agents())} MB (${megabytes(before.agent)} before)   on disk ${megabytes(stored(lab.folder))} MB, of it artifacts ${megabytes(stored(lab.folder, /artifact/))} MB, notebook ${megabytes(statSync(join(lab.root, path)).size)} MB`
    );
    console.log(`          processor: server ${server} s, host ${host} s, agent ${agent} s`);
    if (!outcome.includes('"ok"')) {
      console.log(`          ${outcome.slice(0, 300)} (${outcome.length} characters)`);
    }
    observer.leave();
  } finally {
    await lab.stop();
  }
}

async function main(): Promise<void> {
  const wanted = process.env['COLOPHON_FLOODS']?.split(',') ?? Object.keys(FLOODS);
  for (const name of wanted) {
    await flood(name, FLOODS[name]!);
  }
}

void main();
