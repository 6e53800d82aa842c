/** What tests of a real host need: the host, and the server that it thinks it has. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildHost, FakeServer } from './host-process.js';

/** From before the first test of the file, or of the `describe` that calls it, to after the last. */
export function hostStage(begin: (server: FakeServer) => Promise<void> | void): void {
  let built: Awaited<ReturnType<typeof buildHost>>;
  let server: FakeServer;
  beforeAll(async () => {
    built = await buildHost();
    const dataDir = mkdtempSync(join(built.folder, 'data-'));
    server = new FakeServer({ program: join(built.folder, 'host.js'), dataDir });
    await server.start();
    await begin(server);
  });
  afterAll(async () => {
    await server.kill();
    built.remove();
  });
}
