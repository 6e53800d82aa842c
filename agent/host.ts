/**
 * The host: composition root of the Node side, and the only file that knows every adapter. It lives as
 * long as its stdin. It ends by itself only when it cannot work (exit code 3, after `fatal`); any
 * other end is a bug or a kill, from which the journal and the supervisor bring it back.
 */
import './mend-json.js';
import { join } from 'node:path';
import { ProcessRunner } from './agents/process-runner.js';
import { authenticate, runtimeOf } from './api/request.js';
import { startApi, type ApiServer } from './api/server.js';
import { systemClock } from './clock.js';
import { runtimeActor } from './core/actors.js';
import { callerOf, isDurableStreams, openDurableStreams } from './durable-door.js';
import type { DurableStreams } from './durable-streams/durable-streams.js';
import { handleDurableStreams } from './durable-streams/handler.js';
import { randomIds } from './ids.js';
import { JournalUnusable } from './journal/database.js';
import { openSqliteJournal } from './journal/sqlite.js';
import type { Checkpoints } from './loop/checkpoints.js';
import { Loop } from './loop/loop.js';
import type { Journal } from './ports/host.js';
import { openArtifacts } from './open-artifacts.js';
import { openOutside, type OpenOutside } from './outside.js';
import { keepRecord } from './record-keeping.js';
import { openRecordReader } from './record-reader.js';
import { createAttributor } from './room/attribution.js';
import { notebookJson, rebuildDocument } from './room/rebuild.js';
import { openReplica, resumeReplica } from './room/replica.js';
import { ServerPipe, type Hello } from './tap/pipe.js';
import { HOST_VERSION } from './version.js';

const EXIT_FATAL = 3;
const STOP_WITHIN_MS = 3_000;

const clock = systemClock;
const ids = randomIds;
const server = new ServerPipe(process.stdout, clock, ids);

interface Host {
  readonly journal: Journal;
  readonly durable: DurableStreams;
  readonly runner: ProcessRunner;
  readonly loop: Loop;
  readonly outside: OpenOutside;
  readonly checkpoints: Checkpoints;
  readonly record: ReturnType<typeof openRecordReader>;
  api: ApiServer | null;
}

let host: Host | null = null;
let stopping = false;

function open(hello: Hello): Host {
  const { journal, database, setAside } = openSqliteJournal({ dataDir: hello.dataDir, clock, ids });
  if (setAside !== null) {
    const message =
      `The journal was damaged. It was kept as ${setAside}; a new journal has been started. ` +
      'Notebooks are not affected; their history begins anew.';
    server.tell({ type: 'notice', level: 'error', code: 'journal-set-aside', message });
    console.error(message);
  }
  const runner = new ProcessRunner({
    program: join(import.meta.dirname, 'runtime-agent.js'),
    ...{ server, clock, ids },
    actor: runtimeActor(),
    spare: hello.settings.spareAgent,
    inlineBytes: hello.settings.outputInlineBytes,
    hostUrl: () => `http://127.0.0.1:${host?.api?.port}/`,
    report: (stream, epoch, report) => loop.report(stream, epoch, report)
  });
  const outside = openOutside({
    database,
    allowPrivate: hello.settings.allowPrivateWebhooks
  });
  const loop = new Loop({
    ...{ journal, server, runner, clock, ids },
    mirror: {
      open: openReplica,
      resume: resumeReplica,
      attributor: createAttributor,
      rebuild: updates => notebookJson(rebuildDocument(updates))
    },
    outside,
    ...openArtifacts(hello, server, setAside !== null),
    tap: hello.tap,
    settings: hello.settings,
    warn: message => console.error(message)
  });
  const durable = openDurableStreams({
    ...{ journal, database, push: outside.push },
    root: `${hello.baseUrl.replace(/\/$/, '')}/colophon/v1/stream`,
    admit: (stream, drafts) => loop.streams.admit(stream, drafts),
    remove: (stream, caller) => loop.streams.discard(stream, caller)
  });
  return {
    ...{ journal, durable, runner, loop, outside },
    checkpoints: keepRecord(journal, database),
    record: openRecordReader(hello.dataDir),
    api: null
  };
}

async function begin(hello: Hello): Promise<void> {
  const opened = open(hello);
  host = opened;
  opened.api = await startApi({
    admit: request => ({
      principal:
        runtimeOf(request, token => opened.runner.streamOf(token)) ??
        authenticate(request, hello.secret),
      ...{ door: opened.loop, record: opened.record }
    }),
    beside: async (request, response) => {
      if (!isDurableStreams(request.url)) {
        return false;
      }
      const principal = authenticate(request, hello.secret);
      const caller = await callerOf(opened.loop, principal, request);
      // The server has let the answer to a wake in by the token of the wake, which is checked here.
      request.headers.authorization = String(request.headers['colophon-wake'] ?? '');
      await handleDurableStreams(opened.durable, caller, request, response);
      return true;
    },
    version: HOST_VERSION,
    maxBodyBytes: hello.settings.maxBodyBytes,
    schedule: (delay, callback) => clock.after(delay, callback)
  });
  const { port } = opened.api;
  server.tell({ type: 'listening', port, version: HOST_VERSION, pid: process.pid });
  opened.loop.start();
}

function fatal(error: unknown): void {
  if (!(error instanceof JournalUnusable)) {
    throw error;
  }
  const { code, message, remedy } = error;
  end({ type: 'fatal', code, message, remedy });
}

/** Says why, and exits once that has been written. */
function end(message: Parameters<ServerPipe['tell']>[0] & { type: 'fatal' }): void {
  stopping = true;
  console.error(`${message.message} ${message.remedy}`);
  host?.runner.killAll();
  server.tell(message);
  process.stdout.write('', () => process.exit(EXIT_FATAL));
}

/** Tells what is pending, lets the agents leave, closes the journal; within three seconds. */
async function stop(): Promise<void> {
  if (stopping) {
    return;
  }
  stopping = true;
  if (host !== null) {
    const { api, checkpoints, durable, journal, loop, outside, record, runner } = host;
    clock.after(STOP_WITHIN_MS - 500, () => runner.killAll());
    clock.after(STOP_WITHIN_MS, () => process.exit(1));
    loop.stop();
    outside.close();
    await runner.stopAll();
    api?.close();
    record.close();
    durable.close();
    await checkpoints.close();
    await journal.close();
  }
  process.exit(0);
}

server.listen(process.stdin, {
  hello: hello => void begin(hello).catch(fatal),
  numbered: (frame, payload) => {
    if (!stopping) {
      host?.loop.take(frame, payload);
    }
  },
  ended: () => void stop(),
  broken: reason =>
    end({
      type: 'fatal',
      code: 'protocol',
      message: `The server extension and the host do not understand each other: ${reason}`,
      remedy:
        'Install Colophon again, so that both are of the same version, and restart the server.'
    })
});
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
// The server is gone; the end of stdin says the same.
process.stdout.on('error', () => void stop());
