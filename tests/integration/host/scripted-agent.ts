/**
 * An agent without room and kernel, for tests of the host: it speaks the protocol, and what it does
 * with a run is in the source. `hold` runs until it is interrupted, `die` ends the process,
 * `nonsense` breaks the protocol; everything else finishes at once. It answers a resumed run the same.
 */
import { createInterface } from 'node:readline';
import type { FromAgent, ToAgent } from '../../../schema/index.js';

type Run = Extract<ToAgent, { type: 'run' }>;

let held: Omit<Run, 'type'> | undefined;

function say(message: FromAgent): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function finish({ executionId, cellId }: Omit<Run, 'type'>, outcome: 'ok' | 'interrupted'): void {
  const at = new Date().toISOString();
  say({
    ...{ type: 'finished', executionId, cellId, outcome },
    ...{ executionCount: 1, startedAt: at, finishedAt: at }
  });
}

function run(wanted: Omit<Run, 'type'>): void {
  const { executionId, cellId, source } = wanted;
  const startedAt = new Date().toISOString();
  say({ type: 'started', executionId, cellId, kernelId: 'kernel-1', executionCount: 1, startedAt });
  switch (source) {
    case 'hold':
      held = wanted;
      return;
    case 'die':
      process.exit(7);
      return;
    case 'nonsense':
      process.stdout.write('this is no JSON\n');
      return;
    default:
      finish(wanted, 'ok');
  }
}

createInterface({ input: process.stdin })
  .on('line', line => {
    const message = JSON.parse(line) as ToAgent;
    switch (message.type) {
      case 'join':
        process.stderr.write(`joined ${line}\n`);
        say({ type: 'ready', kernelId: 'kernel-1', kernelName: 'python3' });
        if (message.resume) {
          finish(message.resume.run, 'interrupted');
        }
        return;
      case 'run':
        return run(message);
      case 'interrupt':
        if (held) {
          finish(held, 'interrupted');
          held = undefined;
        }
        return;
      case 'answer-input':
      case 'restart-kernel':
      case 'moved':
        return;
      case 'stop':
        process.exit(0);
    }
  })
  .on('close', () => process.exit(0));
