/** What the Durable Streams protocol makes of a stream that went while it was not there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/clock.js';
import { DurableStreams } from '../../agent/durable-streams/durable-streams.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { HttpPush } from '../../agent/push/http-push.js';
import type { StreamPath } from '../../schema/index.js';

const ANN = { actor: { kind: 'human', id: 'ann' } } as const;

describe('streams that the journal removed', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colophon-orphans-'));
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('[G10] a host that ends between a deletion and its consequences leaves no fork that shows what begins there anew', async () => {
    const { journal, database } = openSqliteJournal({
      dataDir,
      clock: systemClock,
      ids: randomIds
    });
    const push = new HttpPush({ allowPrivate: false });
    const open = () =>
      new DurableStreams({
        ...{ journal, database, push, clock: systemClock, ids: randomIds },
        ...{ root: 'http://127.0.0.1/v1/stream', longPollMs: 100, localWebhooks: false },
        gatekeeper: { admit: (_stream, drafts) => drafts, remove: () => undefined }
      });
    const asked = {
      ...{ contentType: 'application/json', closed: false, fork: undefined },
      lifetime: { ttl: null, expires_at: null },
      body: Buffer.from('[{"n":1}]')
    };
    const before = open();
    before.streams.create('source', asked, ANN);
    const fork = { path: 'source', anchor: undefined, sub: 0 };
    before.streams.create('fork', { ...asked, fork, body: Buffer.alloc(0) }, ANN);
    before.close();
    const source = '/source' as StreamPath;
    journal.remove([source], { stream: '/deletions' as StreamPath, events: [] });
    const after = open();
    after.streams.create('source', { ...asked, body: Buffer.from('["secret-word"]') }, ANN);
    const shown = after.streams.read(after.streams.find('fork'), 0, 1000);
    expect(shown).toEqual({ rows: [], end: 1 });
    after.close();
    push.close();
    await journal.close();
  });
});
