/** For whom the history says that the runtime wrote, with a real kernel and two people. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventOf } from '../../schema/index.js';
import { eventually, factsOf } from '../e2e/history.js';
import { JupyterLab, type UserName } from '../e2e/jupyter-lab.js';
import { requestRun } from '../e2e/orders.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

/** Alice's cell: a thread that does what the others ask for, and says as whose request it does it. */
const SERVES = `import contextvars, os, queue, threading, time
from IPython.display import clear_output, display, update_display
asked = queue.Queue()
def serve():
    while (work := asked.get()) is not None:
        work()
def begin(work):
    threading.Thread(target=contextvars.copy_context().run, args=[work]).start()
begin(serve)
def until(name):
    while not os.path.exists(name): time.sleep(0.02)
shown = display('alice 0', display_id='alices')`;

describe('output that comes when its run has ended', () => {
  const lab = new JupyterLab();
  let alice: RoomObserver;
  let stream: string;

  beforeAll(async () => {
    await lab.start();
    const path = lab.writeNotebook('late.ipynb', { alices: '', bobs: '', next: '' });
    alice = await RoomObserver.join(lab, path);
    stream = `/notebooks/${alice.fileId}`;
    await ended(await ask('alice', 'alices', SERVES));
  });
  afterAll(async () => {
    await requestRun(lab, stream, { next: 'asked.put(None)' });
    alice.leave();
    await lab.stop();
  });

  async function ask(user: UserName, cellId: string, source: string): Promise<string> {
    alice.notebook.cells.find(each => each.id === cellId)?.setSource(source);
    const { status, body } = await requestRun(lab, stream, { [cellId]: source }, user);
    expect(status).toBe(200);
    return body.events.find(event => event.type === 'execution.requested')!.data.executionId;
  }

  const ended = (executionId: string) =>
    eventually(lab, stream, 'execution.finished', ({ data }) => data.executionId === executionId);

  /** Lets a run that waits for it go on. */
  const release = (name: string) => writeFileSync(join(lab.root, name), '');

  const seen = (cellId: string, text: string) =>
    until(`${text} in ${cellId}`, () => JSON.stringify(alice.cell(cellId)?.outputs).includes(text));

  /** The output facts of a cell whose beginning has this text: who they are for. */
  async function creditOf(cellId: string, text: string): Promise<(string | null)[]> {
    const facts = (): Promise<(EventOf<'output.added'> | EventOf<'output.changed'>)[]> =>
      Promise.all([
        factsOf(lab, stream, 'output.added'),
        factsOf(lab, stream, 'output.changed')
      ]).then(both => both.flat());
    const found = await until(`${text} of ${cellId} in the history`, async () => {
      const fitting = (await facts()).filter(
        ({ data }) => data.cellId === cellId && JSON.stringify(data).includes(text)
      );
      return fitting.length > 0 && fitting;
    });
    return found.map(({ actor }) => actor.onBehalfOf?.id ?? null);
  }

  it('[WA1] is for whoever asked for that run, while another’s run goes on', async () => {
    const run = await ask(
      'bob',
      'bobs',
      "asked.put(lambda: print('late of alice', flush=True))\nuntil('a')\nprint('bob')"
    );
    await seen('alices', 'late of alice');
    release('a');
    await ended(run);
    expect(await creditOf('alices', 'late of alice')).toEqual(['alice']);
    expect(await creditOf('bobs', 'bob')).toEqual(['bob']);
  });

  it('[WA1] is for them when it changes a display, in their cell or in another’s that runs', async () => {
    const run = await ask(
      'bob',
      'bobs',
      "asked.put(lambda: shown.update('alice 1'))\n" +
        "display('bob 0', display_id='bobs')\nuntil('b')\n" +
        "asked.put(lambda: update_display('alice 2', display_id='bobs'))\nuntil('c')"
    );
    await seen('alices', 'alice 1');
    await seen('bobs', 'bob 0');
    release('b');
    await seen('bobs', 'alice 2');
    release('c');
    await ended(run);
    expect(await creditOf('alices', 'alice 1')).toEqual(['alice']);
    expect(await creditOf('bobs', 'bob 0')).toEqual(['bob']);
    expect(await creditOf('bobs', 'alice 2')).toEqual(['alice']);
    await ended(await ask('bob', 'next', "shown.update('bob 3')"));
    expect(await creditOf('alices', 'bob 3')).toEqual(['bob']);
  });

  it('[WA1] is for them when nothing runs, and clears what it clears', async () => {
    await ended(await ask('bob', 'next', "begin(lambda: (until('z'), print('thread of bob')))"));
    release('z');
    expect(await creditOf('next', 'thread of bob')).toEqual(['bob']);
    const run = await ask('bob', 'bobs', "asked.put(lambda: clear_output())\nuntil('d')");
    await until('the cleared cell', () => alice.cell('alices')?.outputs.length === 0);
    release('d');
    await ended(run);
    const cleared = (await factsOf(lab, stream, 'output.cleared')).findLast(
      ({ data }) => data.cellId === 'alices'
    );
    expect(cleared?.actor.onBehalfOf?.id).toBe('alice');
  });
});
