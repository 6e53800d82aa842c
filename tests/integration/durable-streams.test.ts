/**
 * The published conformance suite of Durable Streams, against a real HTTP server on the journal's
 * SQLite file. The titles in it are the suite's own.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConformanceTests } from '@durable-streams/server-conformance-tests';
import { afterAll, beforeAll, describe } from 'vitest';
import { systemClock } from '../../agent/clock.js';
import { DurableStreams } from '../../agent/durable-streams/durable-streams.js';
import { handleDurableStreams } from '../../agent/durable-streams/handler.js';
import { randomIds } from '../../agent/ids.js';
import { openJournalDatabase } from '../../agent/journal/database.js';

const LONG_POLL_MS = 500;

describe('[D1] the published conformance suite of Durable Streams', () => {
  const settings = { baseUrl: '', longPollTimeoutMs: LONG_POLL_MS, subscriptions: true };
  let stop: () => void;

  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'colophon-durable-streams-'));
    const opened = openJournalDatabase({ dataDir, now: new Date() });
    const server = createServer((request, response) => {
      handleDurableStreams(context, request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    settings.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const context = new DurableStreams({
      database: opened.database,
      clock: systemClock,
      ids: randomIds,
      root: `${settings.baseUrl}/v1/stream`,
      longPollMs: LONG_POLL_MS,
      localWebhooks: true
    });
    stop = () => {
      context.close();
      server.close();
      server.closeAllConnections();
      opened.close();
      rmSync(dataDir, { recursive: true, force: true });
    };
  });

  afterAll(() => stop());

  runConformanceTests(settings);
});
