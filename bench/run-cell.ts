/**
 * From the request to the output: a cell that prints one line, run by the agent and seen by a second
 * peer of the room, against the same execute request on the bare kernel websocket. Same kernel, in
 * turns. Milliseconds. The host's share (HTTP and journal) is not in it: the request is the line that
 * the host writes to the agent.
 */
import { KernelConnection, KernelMessage, ServerConnection } from '@jupyterlab/services';
import { runMessage } from '../tests/integration/agent-process.js';
import { RuntimeWorld } from '../tests/integration/runtime-world.js';
import { percentile, spread } from './figures/spread.js';

const WARM_UP = 10;
const ROUNDS = 200;

async function main(): Promise<void> {
  const world = await new RuntimeWorld().start();
  try {
    const notebook = await world.open('run.ipynb', ['a']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('a', '1'));
    const { kernelId } = await agent.message('started');
    const bare = new KernelConnection({
      model: { id: kernelId, name: 'python3' },
      serverSettings: ServerConnection.makeSettings({
        baseUrl: world.lab.url,
        wsUrl: world.lab.url.replace(/^http/, 'ws'),
        token: 'alice-token',
        appendToken: true
      })
    });
    await bare.info;
    const throughAgent: number[] = [];
    const throughSocket: number[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      const line = `line ${round}`;
      const seen = new Promise<void>(resolve => {
        const { ydoc } = notebook.observer.notebook;
        const look = (): void => {
          if (notebook.observer.text('a') === `${line}\n`) {
            ydoc.off('update', look);
            resolve();
          }
        };
        ydoc.on('update', look);
      });
      const run = runMessage('a', `print("${line}")`, round);
      const asked = performance.now();
      agent.tell(run);
      await seen;
      throughAgent.push(performance.now() - asked);
      await agent.finished(run);

      const sent = performance.now();
      const future = bare.requestExecute({ code: `print("${line}")` });
      await new Promise<void>(resolve => {
        future.onIOPub = message => {
          if (KernelMessage.isStreamMsg(message)) {
            resolve();
          }
        };
      });
      throughSocket.push(performance.now() - sent);
      await future.done;
    }
    bare.dispose();
    const ours = throughAgent.slice(WARM_UP);
    const theirs = throughSocket.slice(WARM_UP);
    console.log(`agent, second peer   ${spread(ours)}`);
    console.log(`bare kernel socket   ${spread(theirs)}`);
    const ratio = (share: number): string =>
      (percentile(ours, share) / percentile(theirs, share)).toFixed(2);
    console.log(`ratio                p50 ${ratio(0.5)}   p99 ${ratio(0.99)}`);
  } finally {
    await world.stop();
  }
}

void main();
