import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../e2e/until.js';
import { runMessage, type AgentProcess, type RunMessage } from './agent-process.js';
import { FlakyNetwork } from './flaky-network.js';
import { RuntimeWorld, type OpenNotebook } from './runtime-world.js';

const world = new RuntimeWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

/** The agent's newest question of the run, once it has asked so many. */
async function question(agent: AgentProcess, run: RunMessage, prompt: string) {
  const { requestId, password } = await agent.message(
    'input-requested',
    asked => asked.executionId === run.executionId && asked.prompt === prompt
  );
  return { requestId, prompt, password };
}

/** A run whose first question of two is asked, of an agent behind a network that can be cut. */
async function asksTwice(cell: string) {
  const notebook = await world.open(`${cell}.ipynb`, [cell]);
  const { network, url } = await FlakyNetwork.before(world.lab.url);
  const agent = await world.agent(notebook, undefined, url);
  const run = runMessage(cell, "a = input('one?')\nb = input('two?')\nprint(a, b)");
  agent.tell(run);
  return { notebook, network, agent, run, one: await question(agent, run, 'one?') };
}

/** The second question is asked and answered, and the run ends well. */
async function endsWithB(agent: AgentProcess, run: RunMessage): Promise<void> {
  const two = await question(agent, run, 'two?');
  const { executionId } = run;
  agent.tell({ type: 'answer-input', executionId, question: two, value: 'B' });
  expect((await agent.finished(run)).outcome).toBe('ok');
}

async function outputs(notebook: OpenNotebook, cell: string, text: string): Promise<void> {
  await until(`the outputs are ${text}`, () => notebook.observer.text(cell) === text);
}

describe('a question of a running cell', () => {
  it('[N1] is asked and answered in turn, and shown as JupyterLab shows it', async () => {
    const notebook = await world.open('asks.ipynb', ['asks']);
    const agent = await world.agent(notebook);
    const run = runMessage('asks', "a = input('one?')\nb = input('two?')\nprint(a + b)");
    agent.tell(run);
    const { executionId } = run;
    const one = await question(agent, run, 'one?');
    agent.tell({ type: 'answer-input', executionId, question: one, value: 'x' });
    const two = await question(agent, run, 'two?');
    agent.tell({ type: 'answer-input', executionId, question: two, value: 'ÿ🎉' });
    expect((await agent.finished(run)).outcome).toBe('ok');
    await outputs(notebook, 'asks', 'one? x\ntwo? ÿ🎉\nxÿ🎉\n');
    const names = notebook.observer.cell('asks')!.outputs.map(output => output['name']);
    expect(names).toEqual(['stdin', 'stdout']);
  });

  it('[N2] for a password leaves no trace of the answer in notebook, file, log and messages', async () => {
    const notebook = await world.open('secret.ipynb', ['secret']);
    const agent = await world.agent(notebook);
    const source = "import getpass\nlength = len(getpass.getpass('Key:'))\nprint(length)";
    const run = runMessage('secret', source);
    agent.tell(run);
    const asked = await question(agent, run, 'Key:');
    expect(asked.password).toBe(true);
    const value = 'correct-horse-battery';
    agent.tell({ type: 'answer-input', executionId: run.executionId, question: asked, value });
    await agent.finished(run);
    await outputs(notebook, 'secret', `Key: ········\n${value.length}\n`);
    const file = await until('the file is saved', () => {
      const text = readFileSync(join(world.lab.root, notebook.path), 'utf8');
      return text.includes('········') && text;
    });
    const said = JSON.stringify(agent.messages) + agent.log.join('') + world.lab.log.join('');
    expect(file + said).not.toContain(value);
  });

  it('[N3] outlives the agent: the next one gives the answer, and hears what is asked then', async () => {
    const notebook = await world.open('over.ipynb', ['over']);
    const first = await world.agent(notebook);
    const run = runMessage('over', "a = input('one?')\nb = input('two?')\nprint(a, b)");
    first.tell(run);
    const one = await question(first, run, 'one?');
    const { kernelId } = await first.message('started');
    first.kill();
    await first.exited();
    const next = await world.agent(notebook, { run, kernelId });
    await next.message('ready');
    const { executionId } = run;
    next.tell({ type: 'answer-input', executionId, question: one, value: 'A' });
    await endsWithB(next, run);
    await outputs(notebook, 'over', 'one? A\ntwo? B\nA B\n');
  });

  it('[N14] that comes while no agent is there reaches the next one, if nobody else is at the kernel', async () => {
    const notebook = await world.open('away.ipynb', ['away']);
    const first = await world.agent(notebook);
    const there = join(world.lab.root, 'there');
    const source = [
      'import os, pathlib, time',
      `while not os.path.exists(${JSON.stringify(there)}): time.sleep(0.01)`,
      `pathlib.Path(${JSON.stringify(`${there}-now`)}).touch()`,
      "print(input('there?'))"
    ];
    const run = runMessage('away', source.join('\n'));
    first.tell(run);
    const { kernelId } = await first.message('started');
    first.kill();
    await first.exited();
    writeFileSync(there, '');
    await until('the cell asks', () => existsSync(`${there}-now`));
    const next = await world.agent(notebook, { run, kernelId });
    const asked = await question(next, run, 'there?');
    const answer = { executionId: run.executionId, question: asked, value: 'here' };
    next.tell({ type: 'answer-input', ...answer });
    expect((await next.finished(run)).outcome).toBe('ok');
    await outputs(notebook, 'away', 'there? here\nhere\n');
  });

  it.each(['before the agent is gone', 'after that'])(
    '[DU12] that comes while no agent is there, and a page is at the kernel since %s, reaches the next one, once',
    async since => {
      const name = since.startsWith('before') ? 'page-before' : 'page-after';
      const notebook = await world.open(`${name}.ipynb`, ['away']);
      const first = await world.agent(notebook);
      const there = join(world.lab.root, name);
      const source = [
        'import os, pathlib, time',
        `while not os.path.exists(${JSON.stringify(there)}): time.sleep(0.01)`,
        `pathlib.Path(${JSON.stringify(`${there}-now`)}).touch()`,
        "print(input('there?'), input('still?'))"
      ];
      const run = runMessage('away', source.join('\n'));
      first.tell(run);
      const { kernelId } = await first.message('started');
      const connected = (connections: number) =>
        until(`${connections} are at the kernel`, async () => {
          const model = await world.lab.json<{ connections: number }>(`api/kernels/${kernelId}`);
          return model.connections === connections;
        });
      const page = async () => {
        const url = `${world.lab.url.replace(/^http/, 'ws')}api/kernels/${kernelId}/channels`;
        const socket = new WebSocket(`${url}?session_id=page&token=alice-token`);
        await new Promise((open, failed) => socket.once('open', open).once('error', failed));
        return socket;
      };
      let socket = name === 'page-before' ? await page() : undefined;
      await connected(socket === undefined ? 1 : 2);
      first.kill();
      await first.exited();
      await connected(socket === undefined ? 0 : 1);
      if (socket === undefined) {
        // The server has kept it for the agent alone, and lets it go for the page.
        writeFileSync(there, '');
        await until('the cell asks', () => existsSync(`${there}-now`));
        socket = await page();
        await connected(1);
      } else {
        writeFileSync(there, '');
        await until('the cell asks', () => existsSync(`${there}-now`));
      }
      const second = await world.agent(notebook, { run, kernelId });
      const asked = await question(second, run, 'there?');
      second.kill();
      await second.exited();
      const next = await world.agent(notebook, { run, kernelId });
      expect(await question(next, run, 'there?')).toEqual(asked);
      const { executionId } = run;
      next.tell({ type: 'answer-input', executionId, question: asked, value: 'here' });
      const still = await question(next, run, 'still?');
      next.tell({ type: 'answer-input', executionId, question: still, value: 'yes' });
      expect((await next.finished(run)).outcome).toBe('ok');
      await outputs(notebook, 'away', 'there? here\nstill? yes\nhere yes\n');
      expect(next.messages.filter(({ type }) => type === 'input-requested')).toHaveLength(2);
      socket.close();
    }
  );

  it('[N15] can be answered while the connections to the server are cut, and so can the next one', async () => {
    const { notebook, network, agent, run, one } = await asksTwice('cut');
    const { executionId } = run;
    const { kernelId } = await agent.message('started');
    network.cut();
    await until('the server has nobody at the kernel', async () => {
      const model = await world.lab.json<{ connections: number }>(`api/kernels/${kernelId}`);
      return model.connections === 0;
    });
    agent.tell({ type: 'answer-input', executionId, question: one, value: 'A' });
    await endsWithB(agent, run);
    await outputs(notebook, 'cut', 'one? A\ntwo? B\nA B\n');
    network.close();
  });

  it('[N17] whose answer is lost with a connection gets it once the next one is there', async () => {
    const { notebook, network, agent, run, one } = await asksTwice('lost');
    const { executionId } = run;
    network.lose();
    agent.tell({ type: 'answer-input', executionId, question: one, value: 'A' });
    await agent.message('input-taken');
    network.cut();
    await endsWithB(agent, run);
    await outputs(notebook, 'lost', 'one? A\ntwo? B\nA B\n');
    expect(agent.messages.filter(({ type }) => type === 'input-requested')).toHaveLength(2);
    network.close();
  });

  it('[N17] whose answer an agent took with it gets it from the next one, shown once', async () => {
    const { notebook, network, agent: first, run, one } = await asksTwice('took');
    const { executionId } = run;
    const { kernelId } = await first.message('started');
    network.lose();
    first.tell({ type: 'answer-input', executionId, question: one, value: 'A' });
    await first.message('input-taken');
    first.kill();
    await first.exited();
    network.close();
    const next = await world.agent(notebook, { run, kernelId });
    await next.message('ready');
    next.tell({ type: 'answer-input', executionId, question: one, value: 'A', taken: true });
    await endsWithB(next, run);
    await until('the kernel has both', () => notebook.observer.text('took')?.endsWith('A B\n'));
    expect(notebook.observer.text('took')).toMatch(/^(one\? A\n)?two\? B\nA B\n$/);
  });

  it('[N18] is given up when its agent is stopped: the kernel is free for the next one', async () => {
    const notebook = await world.open('stopped.ipynb', ['asks', 'next']);
    const first = await world.agent(notebook);
    const run = runMessage('asks', "input('go on?')");
    first.tell(run);
    await question(first, run, 'go on?');
    first.tell({ type: 'stop' });
    await first.exited();
    const next = await world.agent(notebook);
    expect((await next.run(runMessage('next', 'print(1)'))).outcome).toBe('ok');
    await outputs(notebook, 'next', '1\n');
  });

  it('[N4] ends with its run when the kernel is interrupted or restarted, and the next cell runs', async () => {
    const notebook = await world.open('ends.ipynb', ['ends', 'next']);
    const agent = await world.agent(notebook);
    const interrupted = runMessage('ends', "input('go on?')");
    agent.tell(interrupted);
    await question(agent, interrupted, 'go on?');
    agent.tell({ type: 'interrupt' });
    expect((await agent.finished(interrupted)).outcome).toBe('interrupted');
    const restarted = runMessage('ends', "input('go on?')", 2);
    agent.tell(restarted);
    await question(agent, restarted, 'go on?');
    agent.tell({ type: 'restart-kernel' });
    expect((await agent.finished(restarted)).outcome).toBe('interrupted');
    expect((await agent.run(runMessage('next', 'print(1)'))).outcome).toBe('ok');
  });
});
