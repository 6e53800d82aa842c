/**
 * The published conformance suite of Durable Streams, against a real HTTP server on the journal's
 * SQLite file. The titles in it are the suite's own.
 */
import { runConformanceTests } from '@durable-streams/server-conformance-tests';
import { afterAll, beforeAll, describe } from 'vitest';
import { DurableWorld } from './durable-world.js';

describe('[D1] the published conformance suite of Durable Streams', () => {
  const world = new DurableWorld();
  const settings = { baseUrl: '', longPollTimeoutMs: world.longPollMs, subscriptions: true };

  beforeAll(async () => {
    await world.start();
    settings.baseUrl = world.baseUrl;
  });

  afterAll(async () => {
    await world.stop();
    world.remove();
  });

  runConformanceTests(settings);
});
