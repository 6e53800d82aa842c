/** What the stream of a notebook does by itself, in a real host. */
import { describe, expect, it } from 'vitest';
import type { PublishedEvent } from '../../../schema/index.js';
import { FakeRoom, person } from './fake-room.js';
import { until, type FakeServer } from './host-process.js';
import { hostStage } from './host-stage.js';

let server: FakeServer;
let room: FakeRoom;

hostStage(async started => {
  server = started;
  room = new FakeRoom(server, 'f1');
  room.open('1');
  await server.settled();
});

const post = (type: string, payload: object) =>
  server.fetch(`streams${room.stream}`, {
    method: 'POST',
    body: JSON.stringify({ type, payload })
  });

async function events(): Promise<PublishedEvent[]> {
  const response = await server.fetch(`streams${room.stream}?afterOffset=start&limit=5000`);
  return ((await response.json()) as { events: PublishedEvent[] }).events;
}

const only = (type: string) => async () => {
  const found = (await events()).filter(event => event.type === type);
  return found.length > 0 && found;
};

describe('the stream of a notebook', () => {
  it('[H1] has schedules, which go on after the host was killed', async () => {
    const schedule = { kind: 'after', seconds: 0.5 };
    const configured = { slug: 's', append: { type: 'reminder' }, schedule };
    expect((await post('schedule.configured', configured)).status).toBe(200);
    await server.kill();
    await server.start();
    const [reminder] = await until(only('reminder'), 'the reminder');
    expect(reminder?.actor).toMatchObject({ kind: 'system', id: 'schedule' });
    room.as(person('ann'), notebook => notebook.getCell(0).setSource('2'));
    await server.settled();
    const offsets = (await events()).map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, index) => index + 1));
    expect(await only('reminder')()).toHaveLength(1);
  });

  it('[L2] has transformers, which see what the room does', async () => {
    const transformer = {
      slug: 'watch',
      filter: "type = 'cell.source-changed'",
      transform: '{"type": "edited", "payload": {"cell": data.cellId, "by": actor.id}}'
    };
    expect((await post('transformer.configured', transformer)).status).toBe(200);
    room.as(person('bob'), notebook => notebook.getCell(0).setSource('3'));
    const [edited] = await until(only('edited'), 'the edit to be told');
    expect(edited).toMatchObject({ payload: { cell: 'c0', by: 'bob' } });
    const runtime = await server.fetch(`views/runtime?stream=${room.stream}`);
    expect(runtime.status).toBe(200);
  });
});
