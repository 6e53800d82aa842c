/** Many live readers of one stream of the real service: early and late, cut off, slow, and deaf. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { faultsOf, type Operation } from './append-checker.js';
import { bundleService } from './bundled-service.js';
import { caughtUp, JournalService, write } from './journal-service.js';

const scratch = mkdtempSync(join(tmpdir(), 'colophon-tails-'));
const STREAM = '/watched';
let service: JournalService;

beforeAll(async () => {
  const program = await bundleService(scratch);
  service = new JournalService({ program, dir: join(scratch, 'data') });
  await service.start();
});
afterAll(async () => {
  service.close();
  await service.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** A live reader that does not take anything until it is resumed. */
async function sleepingReader() {
  const { port, token } = service.door;
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET /api/streams${STREAM}?live=true HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  let text = head.toString();
  socket.on('data', (chunk: Buffer) => (text += chunk.toString())).pause();
  const offsets = () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, offset]) => Number(offset));
  return { socket, offsets };
}

it('[J25] every live reader gets every event once, in order, however late or slow it is', async () => {
  const operations: Operation[] = [];
  const writeAll = (name: string, padding: number) =>
    Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        write(
          {
            ...{ service, stream: STREAM, writer: `${name}${n}`, count: 20, padding },
            stopped: () => !service.running
          },
          operations
        )
      )
    );
  await writeAll('a', 10);
  const readers = [25, 100, Infinity, Infinity].map(cut => service.follow(STREAM, cut));
  const sleeper = await sleepingReader();
  const writing = [writeAll('b', 10), writeAll('c', 40_000), writeAll('d', 1000)];
  await until('some of it is there', () => operations.length > 500);
  readers.push(...[30, Infinity].map(cut => service.follow(STREAM, cut)));
  await Promise.all(writing);
  const final = await caughtUp(service, STREAM, readers);
  readers.forEach(({ end }) => end());
  expect(final).toHaveLength(4 * 16 * 20);
  expect(faultsOf({ operations, readers: readers.map(({ seen }) => seen), final })).toEqual([]);
  expect(sleeper.offsets().length).toBeLessThan(final.length);
  sleeper.socket.resume();
  await until('the sleeper has everything', () => sleeper.offsets().length >= final.length);
  expect(sleeper.offsets()).toEqual(final.map(({ offset }) => offset));
  sleeper.socket.destroy();
  expect(service.output).toBe('');
});

it('[J25] what is erased is not sent to a reader that was behind', async () => {
  const sent = async (body: unknown, path = '/secret') =>
    (await service.send('POST', `streams${path}`, body)).status;
  const follower = service.follow('/secret', 1);
  await until(
    'it follows',
    async () => (await sent({ type: 'noted', payload: { key: 'a' } })) === 200
  );
  expect(await sent({ type: 'noted', payload: { key: 'the secret' } })).toBe(200);
  const erased = await service.send('POST', 'streams/__redact/secret', { offset: 2, reason: 'x' });
  expect([erased.status, erased.body]).toEqual([200, expect.stringContaining('redacted')]);
  const { seen, end } = service.follow('/secret');
  await until('the late reader has it all', () => seen.length >= 3);
  expect(seen.map(({ key }) => key)).not.toContain('the secret');
  end();
  follower.end();
});
