/**
 * How long a runtime agent takes from its spawn to `ready`: cold (the notebook has no open room and no
 * kernel), and hot (a person has the room open and the kernel runs). Milliseconds.
 */
import { runMessage } from '../tests/integration/agent-process.js';
import { RuntimeWorld } from '../tests/integration/runtime-world.js';
import { spread } from './figures/spread.js';

const ROUNDS = 15;

async function main(): Promise<void> {
  const world = await new RuntimeWorld().start();
  const cold: number[] = [];
  const hot: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = world.lab.writeNotebook(`cold-${round}.ipynb`, { a: '' });
      const response = await world.lab.fetch(`api/collaboration/session/${path}`, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ format: 'json', type: 'notebook' })
      });
      const { fileId } = (await response.json()) as { fileId: string };
      const agent = await world.agent({ path, observer: { fileId } });
      await agent.message('ready');
      cold.push(agent.readyAfter);
      agent.endInput();
      await agent.exited();
    }
    const notebook = await world.open('hot.ipynb', ['a']);
    for (let round = 0; round < ROUNDS; round += 1) {
      const agent = await world.agent(notebook);
      await agent.message('ready');
      hot.push(agent.readyAfter);
      await agent.run(runMessage('a', '1'));
      agent.endInput();
      await agent.exited();
    }
  } finally {
    await world.stop();
  }
  console.log(`start cold  ${spread(cold)}`);
  console.log(`start hot   ${spread(hot.slice(1))}`);
}

void main();
