/** A rule of retention in a real service: what it lets go, and what every door then shows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildService, Served } from './served.js';

let built: Awaited<ReturnType<typeof buildService>>;
let service: Served;

beforeAll(async () => {
  built = await buildService();
  service = new Served(built.folder);
  await service.start();
});

afterAll(async () => {
  await service.kill();
  built.remove();
});

describe('a stream that keeps the newest only', () => {
  it('[K3] is trimmed at the start of the service, and shown without what went by every form', async () => {
    await service.post('/kept', 'stream.retention-configured', { events: 300 });
    for (let n = 1; n <= 400; n += 1) {
      await service.post('/kept', 'tick', { n });
    }
    await service.kill();
    await service.start();
    const left = [1, ...Array.from({ length: 301 }, (_, index) => 102 + index)];
    const shown = async (query: string, accept: string) => {
      const init = { headers: { Accept: accept } };
      return (await service.request(`api/streams/kept?${query}`, init)).text();
    };
    const page = JSON.parse(await shown('afterOffset=start&limit=5000', 'application/json')) as {
      events: { offset: number; type: string }[];
    };
    expect(page.events.map(({ offset }) => offset)).toEqual(left);
    expect(page.events.at(-1)?.type).toBe('stream.trimmed');
    for (const limit of [1, 301, 302, 350]) {
      const lines = (await shown(`limit=${limit}`, 'application/x-ndjson')).trimEnd().split('\n');
      const offsets = lines.map(line => (JSON.parse(line) as { offset: number }).offset);
      expect(offsets).toEqual(left.slice(-limit));
    }
    const state = await service.request('api/streams/__state/kept');
    expect(await state.json()).toMatchObject({
      ...{ owner: 'ada', access: 'private', granted: [], closed: null, eventCount: 402 },
      retention: { days: null, events: 300 }
    });
  });
});
