/**
 * The journal on disks that fail, as clients of the real service see it: nothing that was
 * acknowledged is lost, nothing is doubled, offsets stay dense, and it goes on by itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { faultsOf, type Operation } from './append-checker.js';
import { bundleService } from './bundled-service.js';
import { caughtUp, JournalService, write } from './journal-service.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-faults-'));
const STREAM = '/orders';
const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const tracing = works('strace', '-V');
const mounting = works('unshare', '-rm', 'mount', '-t', 'tmpfs', 'none', scratch);
const services: JournalService[] = [];
let program: string;
let folders = 0;

beforeAll(async () => {
  program = await bundleService(scratch);
});
afterEach(async () => {
  for (const service of services.splice(0)) {
    service.close();
    await service.stop();
  }
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The tracer that makes calls of the service fail; `when` counts the calls of each thread from its start. */
const traced = (calls: string, log: string, inject: string[]): string[] => [
  ...['strace', '-f', '--seccomp-bpf', '-qq', '-o', log, '--signal=none'],
  ...['-e', `trace=${calls}`, ...inject]
];

async function serve(dir: string, under: string[] = []): Promise<JournalService> {
  const service = new JournalService({ program, dir, under });
  services.push(service);
  await service.start();
  return service;
}

/** How often the service makes the call before it listens. */
async function callsAtStart(calls: string): Promise<number> {
  const dir = join(scratch, `data-${folders++}`);
  const log = `${dir}.calls`;
  const service = await serve(dir, traced(calls, log, []));
  const count = readFileSync(log, 'utf8').split('\n').length;
  await service.stop();
  return count;
}

/** Asks for a stream, which may not be there yet, until `ended`; the statuses of the answers, each once. */
async function watchReads(service: JournalService, ended: () => boolean): Promise<number[]> {
  const statuses = new Set<number>();
  while (!ended()) {
    const answer = await service.send('GET', `streams${STREAM}?limit=1`);
    statuses.add(answer.status);
    await turn();
  }
  return [...statuses];
}

const turn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve));

/** Appends 0, 1, 2 … by the Durable Streams protocol, each until it is acknowledged; what is stored then. */
async function writeDurably(service: JournalService, count: number): Promise<unknown> {
  const { port, token } = service.door;
  const ask = (init: RequestInit & { headers?: Record<string, string> }) =>
    fetch(`http://127.0.0.1:${port}/v1/stream/durable`, {
      ...init,
      headers: {
        Authorization: `Bearer ${token}`,
        'Content-Type': 'application/json',
        ...init.headers
      }
    });
  const done = async (init: Parameters<typeof ask>[0]) => {
    const answer = await ask(init);
    await answer.arrayBuffer();
    expect([200, 201, 204, 503, 507]).toContain(answer.status);
    return answer.ok;
  };
  await until('the stream is made', () => done({ method: 'PUT' }));
  for (let seq = 0; seq < count; seq += 1) {
    const headers = { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': String(seq) };
    await until('it is stored', () => done({ method: 'POST', body: String(seq), headers }));
  }
  return (await ask({ method: 'GET' })).json();
}

describe('colophon serve on a disk that fails', () => {
  const sync = 'fsync,fdatasync';
  const faults: Record<string, [string, string, (first: number) => string]> = {
    'one fsync fails': [sync, 'EIO', first => `${first + 20}`],
    'every 5th fsync fails': [sync, 'EIO', first => `${first + 10}+5`],
    'fsyncs fail for a second': [sync, 'EIO', first => `${first + 20}..${first + 27}`],
    // More seldom than one commit writes, so that it can be repeated.
    'writes fail now and then': ['pwrite64', 'EIO', first => `${first + 100}+151`],
    'there is no space for a while': [
      'pwrite64',
      'ENOSPC',
      first => `${first + 99}..${first + 107}`
    ]
  };
  for (const [name, [calls, error, when]] of Object.entries(faults)) {
    const title = `[J21] keeps what it acknowledged, once, when ${name}`;
    it.skipIf(!tracing)(tracing ? title : `${title} (needs strace)`, async () => {
      const first = await callsAtStart(calls);
      const dir = join(scratch, `data-${folders++}`);
      const log = `${dir}.calls`;
      const inject = ['-e', `inject=${calls}:error=${error}:when=${when(first)}`];
      const service = await serve(dir, traced(calls, log, inject));
      const operations: Operation[] = [];
      const readers = [service.follow(STREAM), service.follow(STREAM, 50)];
      const stopped = () => !service.running;
      const writers = Array.from({ length: 16 }, (_, n) =>
        write({ service, stream: STREAM, writer: `w${n}`, count: 40, stopped }, operations)
      );
      let ended = false;
      const reads = watchReads(service, () => ended);
      const durable = writeDurably(service, 40);
      await Promise.all(writers);
      expect(await durable).toEqual(Array.from({ length: 40 }, (_, n) => n));
      ended = true;
      expect((await reads).filter(status => status !== 200 && status !== 404)).toEqual([]);
      expect(service.output).toBe('');
      expect(readFileSync(log, 'utf8').includes('(INJECTED)')).toBe(true);
      const final = await caughtUp(service, STREAM, readers);
      readers.forEach(({ end }) => end());
      expect(final).toHaveLength(16 * 40);
      const histories = readers.map(({ seen }) => seen);
      expect(faultsOf({ operations, readers: histories, final })).toEqual([]);
      await service.stop();
      expect(await (await serve(dir)).read(STREAM)).toEqual(final);
    });
  }

  const title = '[J22] refuses with 507 while the disk is full, reads on, and recovers by itself';
  it.skipIf(!mounting)(mounting ? title : `${title} (needs unshare -rm)`, async () => {
    const dir = join(scratch, `data-${folders++}`);
    mkdirSync(dir);
    const script =
      'mount -t tmpfs -o size=24m none "$0" && head -c 20000000 /dev/zero > "$0/ballast" && exec "$@"';
    const under = ['unshare', '-rm', 'sh', '-c', script, dir];
    const service = await serve(dir, under);
    const operations: Operation[] = [];
    const reader = service.follow(STREAM);
    const stopped = () => !service.running;
    const writers = Array.from({ length: 16 }, (_, n) =>
      write(
        { service, stream: STREAM, writer: `w${n}`, count: 100, stopped, padding: 1500 },
        operations
      )
    );
    const refusal = await until('it refuses', async () => {
      const answer = await service.send('POST', 'streams/other', { type: 'tick' });
      return answer.status !== 200 && answer;
    });
    expect(refusal.status).toBe(507);
    const problem = JSON.parse(refusal.body) as { code: string; detail: string };
    expect(problem.code).toBe('journal-full');
    expect(problem.detail).toMatch(/Make space, then send it again/);
    expect((await service.read(STREAM)).length).toBeGreaterThan(100);
    rmSync(`/proc/${service.pid}/root${dir}/ballast`);
    await Promise.all(writers);
    const final = await caughtUp(service, STREAM, [reader]);
    reader.end();
    expect(final).toHaveLength(16 * 100);
    expect(faultsOf({ operations, readers: [reader.seen], final })).toEqual([]);
    expect(service.output).toBe('');
  });
});
