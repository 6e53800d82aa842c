/** A host whose disk takes nothing for seconds, while people go on typing. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeRoom, person } from './host/fake-room.js';
import { buildHost, FakeServer, until } from './host/host-process.js';

const LASTS_MS = 4000;

it('[A30] can be read and takes what is typed, also in new notebooks, as long as the trouble lasts', async () => {
  const { folder } = await buildHost();
  const program = join(folder, 'host.js');
  const server = new FakeServer({ program, dataDir: join(folder, 'data'), fileSizeLimit: 300_000 });
  await server.start();
  try {
    const rooms = [new FakeRoom(server, 'f0')];
    const [first] = rooms;
    first?.open('');
    await server.settled();
    const typed = ['c0'];
    const began = performance.now();
    let refusals = 0;
    await until(async () => {
      const id = `n${typed.length}`;
      typed.push(id);
      first?.as(person('ada'), notebook =>
        notebook.addCell({ cell_type: 'raw', id, source: 'x'.repeat(10_000) })
      );
      if (rooms.length < 5) {
        const room = new FakeRoom(server, `f${rooms.length}`);
        rooms.push(room);
        room.open('new');
      }
      const read = await server.fetch('streams/notebooks/f0?limit=1');
      const post = await server.fetch('streams/other', { method: 'POST', body: '{"type":"x"}' });
      refusals += Number(post.status === 503 || post.status === 507);
      expect([read.status, server.exitCode]).toEqual([200, undefined]);
      return performance.now() - began > LASTS_MS;
    }, 'the trouble to last');
    expect(refusals).toBeGreaterThan(5);
    server.makeSpace();
    await server.settled();
    const events = await server.events('/notebooks/f0');
    expect(events.map(({ offset }) => offset)).toEqual(events.map((_, index) => index + 1));
    const created = events.flatMap(event =>
      event.type === 'cell.created' ? [event.data.cellId] : []
    );
    expect(created).toEqual(typed);
    expect((await server.events('/notebooks/f4')).length).toBeGreaterThan(0);
    expect(server.exitCode).toBeUndefined();
  } finally {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
