/**
 * The journal as a service of its own, without Jupyter: `colophon serve`. Composition root. Who has a
 * token may begin streams and use those of others that these let them use; a project, named by the
 * header Colophon-Project, is a database of its own. It ends at SIGTERM or SIGINT with everything
 * durable that it acknowledged.
 */
import './mend-json.js';
import type { IncomingMessage } from 'node:http';
import { refuse } from './api/refusal.js';
import { bearerOf, sameSecret } from './api/request.js';
import { startApi, type Admitted } from './api/server.js';
import { systemClock } from './clock.js';
import { callerOf, isDurableStreams, isOpen } from './durable-door.js';
import { handleDurableStreams } from './durable-streams/handler.js';
import { JournalUnusable } from './journal/database.js';
import type { Principal } from './loop/door.js';
import { isProjectName, Projects, type Project } from './projects.js';
import { SERVE_USAGE, serveOptions, type ServeOptions } from './serve-options.js';
import { asksForHelp, WrongUsage } from './usage.js';
import { HOST_VERSION } from './version.js';

const EXIT_USAGE = 2;
const EXIT_FATAL = 3;
const LARGEST_BODY = 10_000_000;
/** For whom what bears no token is done; it appends nothing, and reaches the default project alone. */
const NOBODY: Principal = { username: 'nobody', may: [] };

/** A browser's websocket cannot bear a header: its token stands in the query. */
function tokenOfUpgrade({ url, headers }: IncomingMessage): string {
  const query = headers.upgrade === undefined ? '' : (url?.split('?')[1] ?? '');
  return new URLSearchParams(query).get('token') ?? '';
}

/** Who makes the request, and the project that they ask for; refuses otherwise. */
function admit(
  request: IncomingMessage,
  holders: ServeOptions['holders'],
  projects: Projects
): Project & Admitted {
  const given = bearerOf(request) || tokenOfUpgrade(request);
  const holder = holders.find(({ token }) => sameSecret(given, token));
  if (holder === undefined) {
    refuse('unauthenticated', 'Send the header "Authorization: Bearer <token>".');
  }
  const name = request.headers['colophon-project'] ?? 'default';
  if (!isProjectName(name)) {
    refuse('malformed-request', 'A project is 1 to 64 of a-z, 0-9, _ and -.');
  }
  const { username, may } = holder;
  try {
    return { principal: { username, may }, ...projects.get(name) };
  } catch (error) {
    if (error instanceof JournalUnusable) {
      refuse('host-unavailable', `${error.message} ${error.remedy}`);
    }
    throw error;
  }
}

async function serve({ dir, port, host, holders, made, allowPrivate }: ServeOptions) {
  const root = () => `http://${host}:${api.port}/v1/stream`;
  const projects = new Projects({ dir, allowPrivate, root });
  const api = await startApi({
    admit: request => admit(request, holders, projects),
    beside: async (request, response) => {
      if (!isDurableStreams(request.url)) {
        return false;
      }
      const admitted = isOpen(request)
        ? { ...projects.get('default'), principal: NOBODY }
        : admit(request, holders, projects);
      const caller = await callerOf(admitted.door, admitted.principal, request);
      await handleDurableStreams(admitted.durable, caller, request, response);
      return true;
    },
    version: HOST_VERSION,
    maxBodyBytes: LARGEST_BODY,
    schedule: (delay, callback) => systemClock.after(delay, callback),
    listen: { port, host }
  });
  projects.start();
  // At once: who reads the address has the token, too.
  const token = made === undefined ? '' : `Authorization: Bearer ${made}\n`;
  const address = `http://${host}:${api.port}/api/streams`;
  process.stdout.write(`Colophon serves ${dir} at ${address}\n${token}`);
  const stop = () => {
    api.close();
    void projects.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function main(args: readonly string[]): Promise<void> {
  if (asksForHelp(args)) {
    process.stdout.write(SERVE_USAGE);
    return;
  }
  await serve(serveOptions(args));
}

/** Says what is wrong and ends. */
function fail(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof WrongUsage) {
    fail(EXIT_USAGE, `${error.message} See: colophon serve --help`);
  }
  if (error instanceof JournalUnusable) {
    fail(EXIT_FATAL, `${error.message} ${error.remedy}`);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    fail(EXIT_FATAL, 'The port is taken. Choose another with --port.');
  }
  throw error;
});
