/**
 * Cells that ask for input: asked wherever the notebook is open, the first answer wins, and a password
 * stays nowhere.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sourceHash } from '../../agent/core/digest.js';
import type { RuntimeView } from '../../agent/core/views/runtime.js';
import type { Order } from '../../schema/index.js';
import { eventsOf, eventually, factsOf, streamOf } from './history.js';
import type { JupyterLab } from './jupyter-lab.js';
import type { LabPage } from './lab-page.js';
import { send } from './orders.js';
import { saved } from './saved.js';
import { stage } from './stage.js';
import { until } from './until.js';

const FIELD = '.jp-ColophonQuestion input.jp-Stdin-input';

/** The question that waits for an answer, as any client sees it. */
function asked(lab: JupyterLab, stream: string, prompt: string) {
  return until(`the question ${prompt}`, async () => {
    const view = await lab.json<RuntimeView>(`colophon/api/views/runtime?stream=${stream}`);
    const { running } = view.queue;
    return running?.question?.prompt === prompt
      ? { executionId: running.executionId, ...running.question }
      : undefined;
  });
}

async function outputIs(page: LabPage, text: string): Promise<void> {
  await until(`the outputs are ${text}`, async () => {
    const texts = await page.cell(0).locator('.jp-OutputArea-output pre').allTextContents();
    return texts.join('') === text;
  });
}

async function fieldGone(page: LabPage): Promise<void> {
  await until('no field is there', async () => (await page.page.locator(FIELD).count()) === 0);
}

/** Every file below the folder, as bytes in one string. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(name => statSync(name, { throwIfNoEntry: false })?.isFile() === true)
    .map(name => readFileSync(name, 'latin1'))
    .join('\n');
}

describe('a cell that asks for input', () => {
  const { lab, open } = stage();

  async function run(page: LabPage): Promise<void> {
    await page.kernelIdle();
    await page.edit(0);
    await page.command('notebook:run-cell');
  }

  it('[N5] asks in every browser; the first answer wins, and the keyboard goes to who ran it alone', async () => {
    const path = lab.writeNotebook('ask.ipynb', {
      ask: "first = input('First?')\nsecond = input('Second?')\nprint(first, second)",
      other: ''
    });
    const [alice, bob] = await Promise.all([open('alice', path), open('bob', path)]);
    const stream = await streamOf(lab, path);
    await bob.kernelIdle();
    await bob.edit(1);
    await run(alice);
    for (const page of [alice, bob]) {
      await page.page.locator(FIELD).waitFor();
      expect(await page.cell(0).locator('.jp-ColophonQuestion').innerText()).toContain('First?');
      await page.page.getByText('Colophon: waits for input').waitFor();
    }
    await alice.screenshot('stdin-alice');
    await bob.screenshot('stdin-bob');
    const focused = (page: LabPage) =>
      page.page.evaluate(() => document.activeElement?.className ?? '');
    expect(await focused(alice)).toContain('jp-Stdin-input');
    await bob.page.keyboard.type('typed on');
    await bob.cell(1).getByText('typed on').waitFor();

    const question = await asked(lab, stream, 'First?');
    await bob.page.locator(FIELD).fill('from Bob');
    await bob.page.locator(FIELD).press('Enter');
    const answered = await eventually(lab, stream, 'execution.input-answered');
    expect(answered).toMatchObject({
      actor: { kind: 'human', id: 'bob' },
      data: { cellId: 'ask', requestId: question.requestId, value: 'from Bob' }
    });
    const { executionId, requestId } = question;
    const late = { executionId, requestId, value: 'too late' };
    const refused = await send(lab, stream, { type: 'execution.answer-input', data: late });
    expect([refused.status, refused.body.code]).toEqual([
      409,
      expect.stringMatching(/^(already-answered|nothing-asked)$/)
    ]);

    await alice.cell(0).locator('.jp-Stdin-prompt').getByText('Second?').waitFor();
    await until('the keyboard is at the second question', async () =>
      (await focused(alice)).includes('jp-Stdin-input')
    );
    await alice.page.keyboard.type('from Alice');
    await alice.page.keyboard.press('Enter');
    for (const page of [alice, bob]) {
      await outputIs(page, 'First? from Bob\nSecond? from Alice\nfrom Bob from Alice\n');
      await fieldGone(page);
    }
    const finished = await eventually(lab, stream, 'execution.finished');
    expect(finished.data.outcome).toBe('ok');
    expect(lab.readNotebook(path).cells).toHaveLength(2);
    await alice.command('colophon:open-history');
    const history = alice.page.locator('#colophon-history [role="treeitem"]');
    await history.filter({ hasText: 'ran cell 1' }).first().waitFor();
    await alice.close();
    await bob.close();
  });

  it('[N6] hides a password while it is typed, and keeps it nowhere: journal, notebook, exports, logs', async () => {
    const secret = 'Tr0ub4dor-and-three';
    const path = lab.writeNotebook('password.ipynb', {
      ask: "import getpass\nprint(len(getpass.getpass('Key:')))"
    });
    const alice = await open('alice', path);
    const stream = await streamOf(lab, path);
    await run(alice);
    const field = alice.page.locator(FIELD);
    await field.waitFor();
    expect(await field.getAttribute('type')).toBe('password');
    await alice.page.keyboard.type(secret);
    await alice.page.keyboard.press('Enter');
    await outputIs(alice, `Key: ········\n${secret.length}\n`);
    const answered = await eventually(lab, stream, 'execution.input-answered');
    expect(answered.data.value).toBeNull();
    await eventually(lab, stream, 'execution.finished');
    await saved(lab, path, '········');
    const exported = await lab.fetch(`colophon/api/export?stream=${stream}&format=jsonl`);
    const kept = everything(lab.folder) + lab.log.join('') + (await exported.text());
    expect(kept).toContain('execution.input-answered');
    expect(kept).not.toContain(secret);
    await alice.close();
  });

  it('[N7] goes on asking after a reload, and after kills of agent and host', async () => {
    const path = lab.writeNotebook('kills.ipynb', {
      ask: "one = input('One?')\ntwo = input('Two?')\nprint(one, two)"
    });
    const alice = await open('alice', path);
    const stream = await streamOf(lab, path);
    await run(alice);
    await asked(lab, stream, 'One?');
    await alice.page.reload();
    await alice.page.locator(FIELD).waitFor();

    const { data } = await eventually(lab, stream, 'agent.started');
    process.kill(data.pid, 'SIGKILL');
    await eventually(lab, stream, 'agent.stopped', event => event.data.epoch === data.epoch);
    await alice.page.locator(FIELD).fill('1');
    await alice.page.locator(FIELD).press('Enter');
    await asked(lab, stream, 'Two?');

    interface Status {
      readonly state: string;
      readonly host: { readonly pid: number } | null;
    }
    const before = await lab.json<Status>('colophon/status');
    process.kill(before.host?.pid ?? 0, 'SIGKILL');
    await until('the host is back', async () => {
      const status = await lab.json<Status>('colophon/status');
      return status.state === 'running' && status.host?.pid !== before.host?.pid;
    });
    const { executionId, requestId } = await asked(lab, stream, 'Two?');
    const answer = { executionId, requestId, value: '2' };
    const sent = await send(lab, stream, { type: 'execution.answer-input', data: answer }, 'bob');
    expect(sent).toMatchObject({ status: 200, body: { events: [{ actor: { id: 'bob' } }] } });
    await outputIs(alice, 'One? 1\nTwo? 2\n1 2\n');
    await fieldGone(alice);
    expect((await eventually(lab, stream, 'execution.finished')).data.outcome).toBe('ok');
    const offsets = (await eventsOf(lab, stream)).map(event => event.offset);
    expect(offsets).toEqual(offsets.map((_, index) => index + 1));
    await alice.close();
  });

  it('[N8] waits where nobody has the notebook open, says so, and takes the answer of a program', async () => {
    const source = "print('got', input('Anybody?'))";
    const path = lab.writeNotebook('nobody.ipynb', { ask: source });
    const stream = await streamOf(lab, path);
    const cells = [{ cellId: 'ask', sourceHash: sourceHash(source) }];
    const order = { type: 'execution.request', data: { cells } } as unknown as Order;
    expect((await send(lab, stream, order)).status).toBe(200);
    const { executionId, requestId } = await asked(lab, stream, 'Anybody?');
    const wrong = { executionId, requestId: 'another', value: '' };
    expect(
      (await send(lab, stream, { type: 'execution.answer-input', data: wrong })).body.code
    ).toBe('nothing-asked');
    const alice = await open('alice', path);
    await alice.page.locator(FIELD).waitFor();
    await alice.command('colophon:open-history');
    await alice.page
      .locator('#colophon-history [role="treeitem"]')
      .getByText('waits for input')
      .first()
      .waitFor();
    const answer = { executionId, requestId, value: 'a program' };
    await send(lab, stream, { type: 'execution.answer-input', data: answer });
    await outputIs(alice, 'Anybody? a program\ngot a program\n');
    await fieldGone(alice);
    await alice.close();
  });

  it('[N9] stops asking when the run is interrupted or the kernel restarted', async () => {
    const path = lab.writeNotebook('stop.ipynb', { ask: "input('Go on?')" });
    const alice = await open('alice', path);
    const stream = await streamOf(lab, path);
    await run(alice);
    for (const [index, type] of (['kernel.interrupt', 'kernel.restart'] as const).entries()) {
      await alice.page.locator(FIELD).waitFor();
      const { executionId, requestId } = await asked(lab, stream, 'Go on?');
      expect((await send(lab, stream, { type, data: {} })).status).toBe(200);
      await until(`the run ends after ${type}`, async () => {
        const ends = await factsOf(lab, stream, 'execution.finished');
        return ends[index]?.data.outcome === 'interrupted';
      });
      await fieldGone(alice);
      const late = { executionId, requestId, value: '' };
      const refused = await send(lab, stream, { type: 'execution.answer-input', data: late });
      expect(refused.body.code).toBe('unknown-execution');
      if (index === 0) {
        await run(alice);
      }
    }
    await alice.close();
  });
});
