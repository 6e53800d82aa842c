/**
 * Two people in one notebook: who did what.
 */
import { describe, expect, it } from 'vitest';
import { eventsOf, eventually, factsOf, streamOf } from './history.js';
import { stage } from './stage.js';
import { until } from './until.js';

describe('two people in one notebook', () => {
  const { lab, open } = stage();

  it('[E2] each edit, delete and run is credited to who made it, also when one deletes the other’s text', async () => {
    const path = lab.writeNotebook('two.ipynb', {
      one: '',
      two: "print('two')",
      three: 'unwanted = 3'
    });
    const alice = await open('alice', path);
    const bob = await open('bob', path);
    const stream = await streamOf(lab, path);
    const opened = await eventually(lab, stream, 'notebook.opened');
    expect(opened).toMatchObject({ actor: { kind: 'human', id: 'alice' }, assurance: 'verified' });
    await alice.kernelIdle();

    await alice.edit(0);
    await alice.page.keyboard.type("print('alice wrote this')");
    const typed = await eventually(
      lab,
      stream,
      'cell.source-changed',
      event => event.actor.id === 'alice'
    );
    expect(typed.data.splice.inserted).toContain('alice');
    expect(typed).toMatchObject({ assurance: 'verified', data: { cellId: 'one' } });

    await bob.cell(0).getByText('alice wrote this').waitFor();
    await bob.edit(0);
    await bob.page.keyboard.press('Control+A');
    await bob.page.keyboard.press('Delete');
    const deleted = await eventually(
      lab,
      stream,
      'cell.source-changed',
      event => event.actor.id === 'bob'
    );
    expect(deleted.data.splice.deleted).toContain('alice wrote this');
    expect(deleted.assurance).toBe('verified');

    await bob.cell(2).click({ position: { x: 5, y: 5 } });
    await bob.page.keyboard.press('Escape');
    await bob.page.keyboard.press('d');
    await bob.page.keyboard.press('d');
    const removed = await eventually(lab, stream, 'cell.deleted');
    expect(removed).toMatchObject({
      actor: { id: 'bob' },
      data: { cellId: 'three', source: 'unwanted = 3' }
    });

    await alice.edit(1);
    await alice.page.keyboard.press('Control+Enter');
    await eventually(lab, stream, 'execution.finished');
    await bob.edit(1);
    await bob.page.keyboard.press('Control+Enter');
    await eventually(lab, stream, 'execution.requested', event => event.actor.id === 'bob');
    await eventually(
      lab,
      stream,
      'execution.finished',
      event => event.actor.onBehalfOf?.id === 'bob'
    );
    for (const page of [alice, bob]) {
      await until('the output is there once', async () => {
        return (await page.outputs(1).allTextContents()).join('|') === 'two\n';
      });
    }
    const runs = await factsOf(lab, stream, 'execution.requested');
    expect(runs.map(run => run.actor.id)).toEqual(['alice', 'bob']);

    const outputs = await factsOf(lab, stream, 'output.added');
    expect(
      (await eventsOf(lab, stream)).filter(
        event => event.type.startsWith('output.') && event.actor.kind !== 'runtime'
      )
    ).toEqual([]);
    expect(outputs[0]?.actor).toMatchObject({
      kind: 'runtime',
      onBehalfOf: { kind: 'human', id: 'alice' }
    });

    const strangers = (await eventsOf(lab, stream)).filter(
      event => event.actor.kind === 'human' && !['alice', 'bob'].includes(event.actor.id)
    );
    expect(strangers).toEqual([]);
    await alice.command('colophon:open-history');
    await alice.page
      .locator('#colophon-history [role="treeitem"]')
      .getByText('Bob')
      .first()
      .waitFor();
    await alice.screenshot('two-people');
    await alice.close();
    await bob.close();
  });
});
