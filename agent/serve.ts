/**
 * The journal as a service of its own, without Jupyter: `colophon serve`. Composition root. Everybody
 * who has a token may post and read; a project, named by the header Colophon-Project, is a database
 * of its own. It ends at SIGTERM or SIGINT with everything durable that it acknowledged.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuse } from './api/refusal.js';
import { bearerOf, sameSecret } from './api/request.js';
import { startApi, type Admitted } from './api/server.js';
import { systemClock } from './clock.js';
import { DurableStreams } from './durable-streams/durable-streams.js';
import { handleDurableStreams } from './durable-streams/handler.js';
import { randomIds } from './ids.js';
import { JournalUnusable } from './journal/database.js';
import { openSqliteJournal } from './journal/sqlite.js';
import { PostDoor } from './loop/post-door.js';
import { HOST_VERSION } from './version.js';

const EXIT_USAGE = 2;
const EXIT_FATAL = 3;
const LARGEST_BODY = 10_000_000;
/** How long a long-poll of the Durable Streams protocol waits for more. */
const LONG_POLL_MS = 20_000;
/**
 * What of the Durable Streams protocol cannot bear a token of ours: the keys that sign webhooks, and
 * the answers to a wake, whose own token the protocol checks. They reach the default project alone.
 */
const WITHOUT_TOKEN =
  /^\/v1\/stream\/__ds\/(?:jwks\.json|subscriptions\/[^/?]+\/(?:callback|ack|release))(?:\?|$)/;
const PROJECT = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Says what is wrong and ends. */
function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

/** What is served of one project. */
interface Project {
  readonly door: PostDoor;
  readonly durable: DurableStreams;
}

interface Holder {
  readonly username: string;
  readonly token: string;
}

/** `username token` in each line; lines that begin with # are passed over. */
function readTokens(path: string): Holder[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(EXIT_USAGE, `The file of tokens cannot be read: ${String(error)}`);
  }
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line, index) => {
    const [username, token, ...more] = line.trim().split(/\s+/);
    if (username === undefined || token === undefined || token.length < 16 || more.length > 0) {
      fail(
        EXIT_USAGE,
        `${path}, entry ${index + 1}: write a name and a token of 16 characters or more.`
      );
    }
    return { username, token };
  });
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        dir: { type: 'string' },
        port: { type: 'string', default: '8766' },
        host: { type: 'string', default: '127.0.0.1' },
        tokens: { type: 'string' }
      }
    }).values;
  } catch (error) {
    return fail(EXIT_USAGE, error instanceof Error ? error.message : String(error));
  }
}

async function serve(): Promise<void> {
  const { dir, port, host, tokens } = readOptions();
  if (dir === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    fail(EXIT_USAGE, 'colophon serve --dir DIR [--port N] [--host ADDRESS] [--tokens FILE]');
  }
  const made = { username: 'owner', token: randomIds.secret() };
  const holders = tokens === undefined ? [made] : readTokens(tokens);
  const doors = new Map<string, Project>();
  const projectOf = (project: string): Project => {
    const known = doors.get(project);
    if (known !== undefined) {
      return known;
    }
    const dataDir = join(dir, project);
    const opened = openSqliteJournal({ dataDir, clock: systemClock, ids: randomIds });
    if (opened.setAside !== null) {
      console.error(`The journal of ${project} was damaged. It was kept as ${opened.setAside}.`);
    }
    const door = new PostDoor(opened.journal, systemClock);
    const durable = new DurableStreams({
      ...{ database: opened.database, clock: systemClock, ids: randomIds },
      root: `http://${host}:${api.port}/v1/stream`,
      longPollMs: LONG_POLL_MS,
      localWebhooks: false
    });
    doors.set(project, { door, durable });
    return { door, durable };
  };
  const opened = (project: string): Project => {
    try {
      return projectOf(project);
    } catch (error) {
      if (error instanceof JournalUnusable) {
        refuse('host-unavailable', `${error.message} ${error.remedy}`);
      }
      throw error;
    }
  };
  const admit = (request: IncomingMessage): Project & Admitted => {
    const given = bearerOf(request);
    const holder = holders.find(({ token }) => sameSecret(given, token));
    if (holder === undefined) {
      refuse('unauthenticated', 'Send the header "Authorization: Bearer <token>".');
    }
    const project = request.headers['colophon-project'] ?? 'default';
    if (typeof project !== 'string' || !PROJECT.test(project)) {
      refuse('malformed-request', 'A project is 1 to 64 of a-z, 0-9, _ and -.');
    }
    return { principal: { username: holder.username }, ...opened(project) };
  };
  const api = await startApi({
    admit,
    beside: async (request, response) => {
      if (!request.url?.startsWith('/v1/stream/')) {
        return false;
      }
      const tokenless = request.method === 'OPTIONS' || WITHOUT_TOKEN.test(request.url);
      const { durable } = tokenless ? projectOf('default') : admit(request);
      await handleDurableStreams(durable, request, response);
      return true;
    },
    version: HOST_VERSION,
    maxBodyBytes: LARGEST_BODY,
    schedule: (delay, callback) => systemClock.after(delay, callback),
    listen: { port: Number(port), host }
  });
  projectOf('default');
  process.stdout.write(`Colophon serves ${dir} at http://${host}:${api.port}/api/streams\n`);
  if (tokens === undefined) {
    process.stdout.write(`Authorization: Bearer ${made.token}\n`);
  }
  const stop = () => {
    api.close();
    const closing = [...doors.values()].map(({ door, durable }) => {
      durable.close();
      return door.journal.close();
    });
    void Promise.all(closing).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

serve().catch((error: unknown) => {
  if (error instanceof JournalUnusable) {
    fail(EXIT_FATAL, `${error.message} ${error.remedy}`);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    fail(EXIT_FATAL, 'The port is taken. Choose another with --port.');
  }
  throw error;
});
