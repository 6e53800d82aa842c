/**
 * How many events a second 1,000 readers of one stream get from the service, each event durable
 * before it is sent; against a server that does nothing but send as many bytes to all of its readers,
 * what was posted in one turn of its event loop at once, in turns, with the same clients. Then the
 * same beside readers that never read, with the memory of the service. `make bench ARGS='tail'`; it needs 2,500 open files.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { JournalService } from '../tests/integration/journal-service.js';
import { percentile } from './figures/spread.js';

const READERS = 1000;
const WRITERS = 16;
const EVENTS = 160;
const TURNS = 8;
const BODY = JSON.stringify({ type: 'tick', payload: { text: 'x'.repeat(100) } });
const NOTHING = `
  const readers = [];
  let posts = [];
  const frame = Buffer.alloc(Number(process.argv[1]), 120);
  const send = () => {
    const frames = Buffer.concat(posts.map(() => frame));
    for (const reader of readers) reader.write(frames);
    for (const response of posts) {
      response.writeHead(200, { 'Content-Length': 400 });
      response.end('x'.repeat(400));
    }
    posts = [];
  };
  require('node:http').createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(': welcome\\n\\n');
      readers.push(response);
      return;
    }
    request.resume().on('end', () => {
      if (posts.push(response) === 1) setImmediate(send);
    });
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

/** A server under test. */
interface Server {
  readonly port: number;
  readonly token: string;
  readonly path: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });

function post({ port, token, path }: Server, body = BODY): Promise<void> {
  return new Promise((settle, reject) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Length': body.length };
    const sent = request({ agent, port, path, host: '127.0.0.1', method: 'POST', headers });
    sent.on('error', reject).on('response', response => {
      const good = response.statusCode === 200;
      const wrong = new Error(`The answer was ${response.statusCode}.`);
      response.resume().on('end', () => (good ? settle() : reject(wrong)));
    });
    sent.end(body);
  });
}

/** A live reader that counts its bytes; paused, it never reads more than the beginning. */
class Reader {
  bytes = 0;
  readonly socket: Socket;

  constructor({ port, token, path }: Server) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.write(
      `GET ${path}?live=true&afterOffset=end HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    );
    this.socket.on('data', (chunk: Buffer) => (this.bytes += chunk.length));
  }

  async ready(): Promise<this> {
    await once(this.socket, 'data');
    return this;
  }
}

async function readersOf(server: Server, count: number): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (let done = 0; done < count; done += 100) {
    const more = Array.from({ length: Math.min(100, count - done) }, () => new Reader(server));
    readers.push(...(await Promise.all(more.map(reader => reader.ready()))));
  }
  return readers;
}

/** Deliveries a second of one turn: from the first post until the last reader has all of its bytes. */
async function deliver(
  server: Server,
  readers: readonly Reader[],
  length: number
): Promise<number> {
  const wanted = readers.map(({ bytes }) => bytes + EVENTS * length);
  const start = performance.now();
  const writer = async (): Promise<void> => {
    for (let done = 0; done < EVENTS / WRITERS; done += 1) {
      await post(server);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  while (readers.some(({ bytes }, index) => bytes < (wanted[index] ?? 0))) {
    if (performance.now() - start > 60_000) {
      throw new Error('The readers did not get everything.');
    }
    await pause(1);
  }
  return (readers.length * EVENTS * 1000) / (performance.now() - start);
}

const megabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const frequency = (values: readonly number[]): string =>
  `${Math.round(percentile(values, 0.5))}/s (${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))})`;

async function frameLength(server: Server): Promise<number> {
  const [reader] = await readersOf(server, 1);
  await pause(200);
  const before = reader?.bytes ?? 0;
  await post(server);
  await pause(200);
  reader?.socket.destroy();
  return (reader?.bytes ?? 0) - before;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const program = resolve('jupyterlab_colophon/agent/serve.js');
  const service = new JournalService({ program, dir: join(folder, 'data') });
  await service.start();
  const ours: Server = { ...service.door, path: '/api/streams/tail' };
  const limit = { events: 1_000_000_000, seconds: 1 };
  const unlimited = JSON.stringify({ type: 'stream.limit-configured', payload: limit });
  await post(ours, unlimited);
  const length = (await frameLength(ours)) - 7;
  const nothing = spawn(process.execPath, ['-e', NOTHING, String(length)], {
    stdio: ['ignore', 'pipe', 'inherit']
  });
  const [line] = (await once(nothing.stdout, 'data')) as [Buffer];
  const bare: Server = { port: Number(line.toString()), token: '', path: '/' };
  try {
    const mine = await readersOf(ours, READERS);
    const theirs = await readersOf(bare, READERS);
    const rates: number[][] = [[], [], []];
    for (let turn = 0; turn <= TURNS; turn += 1) {
      const measured = [await deliver(ours, mine, length), await deliver(bare, theirs, length)];
      measured.forEach((rate, which) => turn > 0 && rates[which]?.push(rate));
    }
    const [tail = [], least = [], beside = []] = rates;
    console.log(`colophon serve, ${READERS} readers   ${frequency(tail)}`);
    console.log(`server that does nothing      ${frequency(least)}`);
    console.log(
      `ratio                         ${(percentile(tail, 0.5) / percentile(least, 0.5)).toFixed(2)}`
    );
    const before = megabytes(service.pid);
    const deaf = await readersOf(ours, 50);
    deaf.forEach(({ socket }) => socket.pause());
    const large = JSON.stringify({ type: 'tick', payload: { text: 'x'.repeat(200_000) } });
    mine.slice(10).forEach(({ socket }) => socket.destroy());
    for (let sent = 0; sent < 100; sent += 1) {
      await post(ours, large);
    }
    const after = megabytes(service.pid);
    const again = [...mine.slice(0, 10), ...(await readersOf(ours, READERS - 10))];
    for (let turn = 0; turn < TURNS; turn += 1) {
      beside.push(await deliver(ours, again, length));
    }
    console.log(`beside 50 that never read     ${frequency(beside)}`);
    console.log(
      `memory of the service         ${before.toFixed(0)} MB, ${after.toFixed(0)} MB after 20 MB that 50 readers did not take`
    );
  } finally {
    nothing.kill();
    agent.destroy();
    await service.stop();
    rmSync(folder, { recursive: true });
    process.exit();
  }
}

void main();
