/**
 * Composition root of the runtime agent: one process for one active notebook. JSON lines of the host
 * on stdin, answers on stdout, the log on stderr (docs/PROTOCOL.md, Runtime agent). Ends when stdin
 * ends; an unexpected error is told as `failed` and ends it with code 1.
 */
import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ToAgent, type FromAgent } from '../schema/agent-link.js';
import { systemClock } from './clock.js';
import { randomIds } from './ids.js';
import { ServerKernels } from './kernel/server-kernels.js';
import { RoomPeer } from './peer/room-peer.js';
import { NotebookRuntime } from './runtime/notebook-runtime.js';

// stdout belongs to the protocol; the packages that we use write to the console.
globalThis.console = new Console(process.stderr, process.stderr);

function report(message: FromAgent): void {
  writeAll(`${JSON.stringify(message)}\n`);
}

/** Writes now, so that the last line is out before the process ends; waits while the pipe is full. */
function writeAll(line: string): void {
  let rest = Buffer.from(line);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      switch ((error as NodeJS.ErrnoException).code) {
        case 'EAGAIN':
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
          break;
        case 'EPIPE':
          // Nobody listens any more: the end of stdin follows.
          return;
        default:
          throw error;
      }
    }
  }
}

function fail(reason: string): never {
  report({ type: 'failed', reason });
  process.exit(1);
}

let runtime: NotebookRuntime | undefined;
let room: RoomPeer | undefined;

async function leave(): Promise<never> {
  runtime?.close();
  await room?.leave();
  process.exit(0);
}

async function join(message: Extract<ToAgent, { type: 'join' }>): Promise<void> {
  const access = { baseUrl: message.baseUrl, token: message.token };
  const joined = new NotebookRuntime(message.path, {
    kernels: new ServerKernels(access, `colophon-${message.fileId}`),
    clock: systemClock,
    ids: randomIds,
    report,
    fail,
    note: line => console.error(line)
  });
  runtime = joined;
  if (message.resume !== undefined) {
    joined.resume(message.resume);
  }
  const entering = RoomPeer.join(access, message, {
    onPeers: count => report({ type: 'peers', count }),
    onFailed: fail
  });
  // A run that goes on attaches to the tap at its own place.
  const attached = message.resume === undefined ? joined.attach() : Promise.resolve();
  room = await entering;
  await attached;
  joined.enter(room);
}

function take(message: ToAgent): void {
  switch (message.type) {
    case 'join':
      join(message).catch((error: unknown) =>
        fail(error instanceof Error ? error.message : String(error))
      );
      break;
    case 'run': {
      const { type: _type, ...run } = message;
      runtime?.run(run);
      break;
    }
    case 'answer-input':
      runtime?.answer(message);
      break;
    case 'interrupt':
      runtime?.interrupt();
      break;
    case 'restart-kernel':
      runtime?.restartKernel();
      break;
    case 'moved':
      runtime?.moved(message.path);
      room?.moved(message.path);
      break;
    case 'stop':
      // Whoever runs the cell goes on or has given up: here, nobody runs it any more.
      room?.quieten();
      void leave();
      break;
  }
}

process.on('uncaughtException', error => {
  console.error(error);
  fail(`The runtime met an unexpected error: ${error.message}`);
});

const lines = createInterface({ input: process.stdin });
lines.on('line', line => take(ToAgent.parse(JSON.parse(line))));
lines.on('close', () => void leave());
