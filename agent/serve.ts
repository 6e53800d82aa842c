/**
 * The journal as a service of its own, without Jupyter: `colophon serve`. Composition root. Who has a
 * token may begin streams and use those of others that these let them use; a project, named by the
 * header Colophon-Project, is a database of its own. It ends at SIGTERM or SIGINT with everything durable that it acknowledged.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuse } from './api/refusal.js';
import { bearerOf, sameSecret } from './api/request.js';
import { startApi, type Admitted } from './api/server.js';
import { systemClock } from './clock.js';
import { callerOf, isDurableStreams, isOpen, openDurableStreams } from './durable-door.js';
import type { DurableStreams } from './durable-streams/durable-streams.js';
import { handleDurableStreams } from './durable-streams/handler.js';
import { randomIds } from './ids.js';
import { JournalUnusable } from './journal/database.js';
import { openSqliteJournal } from './journal/sqlite.js';
import type { Principal } from './loop/door.js';
import type { Checkpoints } from './loop/checkpoints.js';
import { PostDoor } from './loop/post-door.js';
import { openOutside, type OpenOutside } from './outside.js';
import { keepRecord } from './record-keeping.js';
import { openRecordReader } from './record-reader.js';
import { HOST_VERSION } from './version.js';

const EXIT_USAGE = 2;
const EXIT_FATAL = 3;
const LARGEST_BODY = 10_000_000;
/** For whom what bears no token is done; it appends nothing, and reaches the default project alone. */
const NOBODY: Principal = { username: 'nobody', may: [] };
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
  readonly record: ReturnType<typeof openRecordReader>;
  readonly outside: OpenOutside;
  readonly checkpoints: Checkpoints;
}

/** A browser's websocket cannot bear a header: its token stands in the query. */
function tokenOfUpgrade({ url, headers }: IncomingMessage): string {
  const query = headers.upgrade === undefined ? '' : (url?.split('?')[1] ?? '');
  return new URLSearchParams(query).get('token') ?? '';
}

/** Somebody with a token; an `admin` may read and write everything. */
interface Holder {
  readonly username: string;
  readonly token: string;
  readonly may: Principal['may'];
}

/** `username token`, and perhaps `admin`, in each line; lines that begin with # are passed over. */
function readTokens(path: string): Holder[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(EXIT_USAGE, `The file of tokens cannot be read: ${String(error)}`);
  }
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line, index) => {
    const [username, token, role, ...more] = line.trim().split(/\s+/);
    const isRole = role === undefined || role === 'admin';
    if (username === undefined || token === undefined || token.length < 16 || !isRole || more[0]) {
      fail(
        EXIT_USAGE,
        `${path}, entry ${index + 1}: write a name, a token of 16 characters or more, and "admin" for who may do everything.`
      );
    }
    return { username, token, may: [role ?? 'streams:write'] };
  });
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        dir: { type: 'string' },
        port: { type: 'string', default: '8766' },
        host: { type: 'string', default: '127.0.0.1' },
        tokens: { type: 'string' },
        'allow-private-webhooks': { type: 'boolean', default: false }
      }
    }).values;
  } catch (error) {
    return fail(EXIT_USAGE, error instanceof Error ? error.message : String(error));
  }
}

/** Opens what is there, so that its streams do what they do by themselves before anybody asks. */
function startProjects(dir: string, open: (project: string) => unknown): void {
  open('default');
  for (const project of readdirSync(dir)) {
    if (PROJECT.test(project) && existsSync(join(dir, project, 'journal.db'))) {
      try {
        open(project);
      } catch (error) {
        if (!(error instanceof JournalUnusable)) {
          throw error;
        }
        console.error(`The project ${project} is not served. ${error.message} ${error.remedy}`);
      }
    }
  }
}

async function serve(): Promise<void> {
  const { dir, port, host, tokens, 'allow-private-webhooks': allowPrivate } = readOptions();
  if (dir === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    fail(
      EXIT_USAGE,
      'colophon serve --dir DIR [--port N] [--host ADDRESS] [--tokens FILE] [--allow-private-webhooks]'
    );
  }
  const made: Holder = { username: 'owner', token: randomIds.secret(), may: ['admin'] };
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
    const outside = openOutside({ database: opened.database, allowPrivate });
    const door = new PostDoor({
      ...{ journal: opened.journal, clock: systemClock, ids: randomIds, outside },
      warn: message => console.error(message)
    });
    const durable = openDurableStreams({
      ...{ journal: opened.journal, database: opened.database, push: outside.push },
      root: `http://${host}:${api.port}/v1/stream`,
      admit: (stream, drafts) => door.streams.admit(stream, drafts),
      remove: (stream, caller) => door.streams.discard(stream, caller)
    });
    const checkpoints = keepRecord(opened.journal, opened.database);
    const served = { door, durable, outside, checkpoints, record: openRecordReader(dataDir) };
    doors.set(project, served);
    door.streams.start();
    return served;
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
    const given = bearerOf(request) || tokenOfUpgrade(request);
    const holder = holders.find(({ token }) => sameSecret(given, token));
    if (holder === undefined) {
      refuse('unauthenticated', 'Send the header "Authorization: Bearer <token>".');
    }
    const project = request.headers['colophon-project'] ?? 'default';
    if (typeof project !== 'string' || !PROJECT.test(project)) {
      refuse('malformed-request', 'A project is 1 to 64 of a-z, 0-9, _ and -.');
    }
    const { username, may } = holder;
    return { principal: { username, may }, ...opened(project) };
  };
  const api = await startApi({
    admit,
    beside: async (request, response) => {
      if (!isDurableStreams(request.url)) {
        return false;
      }
      const admitted = isOpen(request)
        ? { ...projectOf('default'), principal: NOBODY }
        : admit(request);
      const caller = await callerOf(admitted.door, admitted.principal, request);
      await handleDurableStreams(admitted.durable, caller, request, response);
      return true;
    },
    version: HOST_VERSION,
    maxBodyBytes: LARGEST_BODY,
    schedule: (delay, callback) => systemClock.after(delay, callback),
    listen: { port: Number(port), host }
  });
  startProjects(dir, projectOf);
  process.stdout.write(`Colophon serves ${dir} at http://${host}:${api.port}/api/streams\n`);
  if (tokens === undefined) {
    process.stdout.write(`Authorization: Bearer ${made.token}\n`);
  }
  const stop = () => {
    api.close();
    const closing = [...doors.values()].map(({ door, durable, outside, checkpoints, record }) => {
      door.streams.stop();
      outside.close();
      durable.close();
      record.close();
      return checkpoints.close().then(() => door.journal.close());
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
