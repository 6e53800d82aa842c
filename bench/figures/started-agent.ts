/** The runtime agent as it is shipped, timed from its spawn or from its `join` to `ready`. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { FromAgent } from '../../schema/agent-link.js';

export interface Join {
  readonly baseUrl: string;
  readonly token: string;
  readonly fileId: string;
  readonly path: string;
}

/**
 * Milliseconds until the agent is ready; it has left when this settles. `spareFor` ms: the process is
 * there for so long before its `join` comes, and only what follows counts. Throws when it fails.
 */
export async function startAgent(join: Join, spareFor = 0): Promise<number> {
  let began = performance.now();
  const program = resolve('jupyterlab_colophon/agent/runtime-agent.js');
  const agent = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = new Promise(done => agent.once('exit', done));
  const ready = new Promise<number>((done, failed) => {
    createInterface({ input: agent.stdout }).on('line', line => {
      const message = FromAgent.parse(JSON.parse(line));
      if (message.type === 'ready') {
        done(performance.now());
      } else if (message.type === 'failed') {
        failed(new Error(message.reason));
      }
    });
  });
  if (spareFor > 0) {
    await pause(spareFor);
    began = performance.now();
  }
  agent.stdin.write(`${JSON.stringify({ type: 'join', ...join, epoch: 1 })}\n`);
  const at = await ready;
  agent.stdin.end();
  await gone;
  return at - began;
}
