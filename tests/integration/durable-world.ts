/** The Durable Streams protocol on a real journal and a real HTTP server, in this process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../agent/clock.js';
import { DurableStreams } from '../../agent/durable-streams/durable-streams.js';
import { handleDurableStreams } from '../../agent/durable-streams/handler.js';
import { randomIds } from '../../agent/ids.js';
import { openSqliteJournal } from '../../agent/journal/sqlite.js';
import { PostDoor } from '../../agent/loop/post-door.js';
import { openOutside, type OpenOutside } from '../../agent/outside.js';
import type { Journal } from '../../agent/ports/host.js';

const LONG_POLL_MS = 500;
const CALLER = { actor: { kind: 'human', id: 'tester' } } as const;

export class DurableWorld {
  readonly longPollMs = LONG_POLL_MS;
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'colophon-durable-streams-'));
  baseUrl = '';
  journal!: Journal;
  door!: PostDoor;
  #server!: Server;
  #streams!: DurableStreams;
  #outside!: OpenOutside;

  /** Opens the journal, an earlier one if there is one, and serves. */
  async start(): Promise<void> {
    const opened = openSqliteJournal({
      dataDir: this.#dataDir,
      clock: systemClock,
      ids: randomIds
    });
    this.journal = opened.journal;
    this.#outside = openOutside({ database: opened.database, allowPrivate: true });
    this.door = new PostDoor({
      ...{ journal: opened.journal, clock: systemClock, ids: randomIds, outside: this.#outside },
      warn: message => console.error(message)
    });
    this.#server = createServer((request, response) => {
      handleDurableStreams(this.#streams, CALLER, request, response).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    });
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    this.baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.#streams = new DurableStreams({
      ...{ journal: opened.journal, database: opened.database },
      gatekeeper: {
        admit: (stream, drafts) => this.door.streams.admit(stream, drafts),
        remove: (stream, caller) => this.door.streams.discard(stream, caller)
      },
      clock: systemClock,
      ids: randomIds,
      root: `${this.baseUrl}/v1/stream`,
      push: this.#outside.push,
      longPollMs: LONG_POLL_MS,
      localWebhooks: true
    });
  }

  /** A request on a stream of the protocol. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.baseUrl}/v1/stream${path}`, init);
  }

  /** Ends it; the journal stays on the disk. */
  async stop(): Promise<void> {
    this.#streams.close();
    this.#outside.close();
    this.#server.close();
    this.#server.closeAllConnections();
    await this.journal.close();
  }

  remove(): void {
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
