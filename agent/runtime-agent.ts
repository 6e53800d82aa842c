/**
 * Composition root of the runtime agent: one process for one active notebook. JSON lines of the host
 * on stdin, answers on stdout, the log on stderr (docs/PROTOCOL.md, Runtime agent). Ends when stdin
 * ends; an unexpected error is told as `failed` and ends it with code 1.
 */
import './mend-json.js';
import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ToAgent, type FromAgent } from '../schema/agent-link.js';
import { systemClock } from './clock.js';
import { budgetOf } from './core/outputs/output-budget.js';
import { randomIds } from './ids.js';
import { ServerKernels } from './kernel/server-kernels.js';
import { RoomPeer } from './peer/room-peer.js';
import { NotebookAgent } from './runtime/notebook-agent.js';
import { HostUploads } from './uploads/host-uploads.js';

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

const agent = new NotebookAgent({
  kernels: join =>
    new ServerKernels({ baseUrl: join.baseUrl, token: join.token }, `colophon-${join.fileId}`),
  room: join => {
    const access = { baseUrl: join.baseUrl, token: join.token };
    const listener = {
      onPeers: (count: number) => report({ type: 'peers', count }),
      onFailed: fail
    };
    return RoomPeer.join(access, join, listener, {
      uploads: new HostUploads(
        { baseUrl: join.hostUrl ?? `${join.baseUrl}colophon/`, token: join.token },
        `/notebooks/${join.fileId}`
      ),
      budget: uploads => budgetOf(join.inlineBytes, uploads),
      pause: delay,
      hold: held => agent.hold(held)
    });
  },
  clock: systemClock,
  ids: randomIds,
  report,
  fail,
  exit: () => process.exit(0),
  note: line => console.error(line)
});

process.on('uncaughtException', error => {
  console.error(error);
  fail(`The runtime met an unexpected error: ${error.message}`);
});

const lines = createInterface({ input: process.stdin });
lines.on('line', line => agent.take(ToAgent.parse(JSON.parse(line))));
lines.on('close', () => agent.inputEnded());
