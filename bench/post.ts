/**
 * How many events a second a real host takes over HTTP, each durable before its answer, from 1 and 64
 * clients that wait for each answer; against a server that does nothing but read the body and answer
 * as many bytes, in turns, with the same clients. Then whether a post costs more in a long stream, or
 * when there are many streams. Milliseconds.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FakeServer } from '../tests/integration/host/host-process.js';
import { percentile, spread } from './figures/spread.js';

const BODY = JSON.stringify({ type: 'tick', payload: { text: 'x'.repeat(100) } });
const TURNS = 10;
const NOTHING = `
  require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 400 });
      response.end('x'.repeat(400));
    });
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

interface Series {
  readonly waits: number[];
  elapsed: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const principal = Buffer.from(JSON.stringify({ username: 'ada', may: ['streams:write'] })).toString(
  'base64url'
);

/** One request; settles when its answer is whole, throws if it is not 200. */
function post(port: number, path: string, secret: string): Promise<void> {
  return new Promise((settle, reject) => {
    const headers = {
      Authorization: `Bearer ${secret}`,
      'Colophon-Principal': principal,
      'Content-Length': BODY.length
    };
    const options = { agent, port, path, host: '127.0.0.1', method: 'POST', headers };
    const sent = request(options, response => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) {
          settle();
        } else {
          reject(new Error(`The answer was ${response.statusCode}.`));
        }
      });
    });
    sent.on('error', reject);
    sent.end(BODY);
  });
}

async function load(
  clients: number,
  each: number,
  series: Series,
  send: (nth: number) => Promise<void>
): Promise<void> {
  let sent = 0;
  const client = async (): Promise<void> => {
    for (let done = 0; done < each; done += 1) {
      const began = performance.now();
      await send(sent++);
      series.waits.push(performance.now() - began);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  series.elapsed += performance.now() - start;
}

const rate = ({ waits, elapsed }: Series): number => (waits.length / elapsed) * 1000;

async function startNothing(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['-e', NOTHING], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(line.toString()) };
}

async function compare(server: FakeServer, nothing: number, clients: number): Promise<void> {
  const ours: Series = { waits: [], elapsed: 0 };
  const bare: Series = { waits: [], elapsed: 0 };
  const each = clients === 1 ? 200 : 40;
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const warm = turn === 0;
    const discard: Series = { waits: [], elapsed: 0 };
    await load(clients, each, warm ? discard : ours, () =>
      post(server.port, '/api/streams/bench', server.secret)
    );
    await load(clients, each, warm ? discard : bare, () => post(nothing, '/', ''));
  }
  const line = (name: string, series: Series): void =>
    console.log(`${name.padEnd(26)} ${spread(series.waits)}   ${Math.round(rate(series))}/s`);
  line(`post, ${clients} clients`, ours);
  line('server that does nothing', bare);
  const share = (rate(ours) / rate(bare)).toFixed(2);
  const slower = percentile(ours.waits, 0.5) / percentile(bare.waits, 0.5);
  console.log(`${'ratio'.padEnd(26)} events/s ${share}   p50 ${slower.toFixed(2)}`);
}

/** Posts until the stream has as many events, then measures 2000 more. */
async function long(server: FakeServer, stream: string, upTo: number, have: number) {
  const send = () => post(server.port, `/api/streams/${stream}`, server.secret);
  await load(64, Math.ceil((upTo - have) / 64), { waits: [], elapsed: 0 }, send);
  const series: Series = { waits: [], elapsed: 0 };
  await load(16, 125, series, send);
  console.log(`stream of ${upTo}`.padEnd(26), spread(series.waits));
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-bench-'));
  const program = resolve('jupyterlab_colophon/agent/host.js');
  const server = new FakeServer({ program, dataDir });
  await server.start();
  const nothing = await startNothing();
  try {
    const limit = { events: 1_000_000_000, seconds: 1 };
    for (const stream of ['bench', 'long']) {
      await server.fetch(`streams/${stream}`, {
        method: 'POST',
        body: JSON.stringify({ type: 'stream.limit-configured', payload: limit })
      });
    }
    await compare(server, nothing.port, 1);
    await compare(server, nothing.port, 64);
    await long(server, 'long', 1000, 0);
    await long(server, 'long', 100_000, 3000);
    const many: Series = { waits: [], elapsed: 0 };
    const to = (nth: number) => post(server.port, `/api/streams/many/${nth % 5000}`, server.secret);
    await load(16, 625, { waits: [], elapsed: 0 }, to);
    await load(16, 125, many, to);
    console.log('5000 streams'.padEnd(26), spread(many.waits));
  } finally {
    nothing.child.kill();
    agent.destroy();
    await server.kill();
    rmSync(dataDir, { recursive: true });
  }
}

void main();
