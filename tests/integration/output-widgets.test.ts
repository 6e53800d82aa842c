/** Widgets in a real kernel without a page: Output widgets by their messages, and ipywidgets itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/until.js';
import { runMessage } from './agent-process.js';
import { RuntimeWorld } from './runtime-world.js';

const world = new RuntimeWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

/** The kernel's side of an Output widget, as much of it as the messages need. */
const WIDGET = `
import sys
from comm import create_comm

class Output:
    def __init__(self):
        self.outputs = []
        state = {"_model_name": "OutputModel", "msg_id": "", "outputs": []}
        self.comm = create_comm(target_name="jupyter.widget", data={"state": state})
        self.comm.on_msg(self.take)

    def take(self, message):
        data = message["content"]["data"]
        if data["method"] == "request_state":
            self.comm.send({"method": "update", "state": {"outputs": self.outputs}})
        else:
            self.outputs = data["state"]["outputs"]
            self.comm.send({"method": "echo_update", "state": data["state"]})

    def inside(self, message_id):
        sys.stdout.flush()
        self.comm.send({"method": "update", "state": {"msg_id": message_id}})

    def __enter__(self):
        self.inside(get_ipython().kernel.get_parent()["header"]["msg_id"])

    def __exit__(self, *_):
        self.inside("")

    def text(self):
        return [o.get("text") or o["data"]["text/plain"] for o in self.outputs]

out = Output()
`;

describe('what a run shows inside an Output widget', () => {
  it('[Y12] is the widget’s and not the cell’s', async () => {
    const notebook = await world.open('widget.ipynb', ['make', 'show', 'more']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('make', WIDGET));
    const source =
      'print("before")\nwith out:\n    print("a"); print("b"); display(1)\nprint("after")';
    await agent.run(runMessage('show', source));
    await until('both lines', () => notebook.observer.text('show') === 'before\nafter\n');
    await agent.run(runMessage('more', 'with out:\n    print("c")\n'));
    await agent.run(runMessage('show', 'print(out.text())'));
    const shows = `['a\\nb\\n', '1', 'c\\n']\n`;
    await until('the widget goes on', () => notebook.observer.text('show') === shows);
    expect(notebook.observer.cell('more')!.outputs).toEqual([]);
  });

  it('[Y12] can be cleared, and an error in it is the widget’s, too', async () => {
    const notebook = await world.open('cleared.ipynb', ['make', 'clear', 'look']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('make', WIDGET));
    const source =
      'from IPython.display import clear_output\nwith out:\n    print("gone"); sys.stdout.flush()\n' +
      '    clear_output(wait=True); print("kept"); sys.stdout.flush()\n' +
      '    try: 1/0\n    except Exception: get_ipython().showtraceback()';
    const end = await agent.run(runMessage('clear', source));
    expect(end.outcome).toBe('ok');
    const look = 'print([o.get("text") or o["ename"] for o in out.outputs])';
    await agent.run(runMessage('look', look));
    await until(
      'what the widget shows',
      () => notebook.observer.text('look') === "['kept\\n', 'ZeroDivisionError']\n"
    );
    expect(notebook.observer.cell('clear')!.outputs).toEqual([]);
  });

  it('[Y12] is added to what is there by an agent that came later', async () => {
    const notebook = await world.open('later.ipynb', ['make', 'show', 'look']);
    const first = await world.agent(notebook);
    await first.run(runMessage('make', WIDGET));
    await first.run(runMessage('show', 'with out:\n    print("one")'));
    first.endInput();
    expect(await first.exited()).toBe(0);
    const second = await world.agent(notebook);
    await second.message('ready');
    await second.run(runMessage('show', 'with out:\n    print("two")', 2));
    await until('both', async () => {
      await second.run(runMessage('look', 'print(out.text())', 2));
      return notebook.observer.text('look') === "['one\\ntwo\\n']\n";
    });
  });
});

const IMAGE = `import ipywidgets
image = ipywidgets.Image(value=b"\\x00\\x01\\xff", format="png", description="bytes")
other = ipywidgets.IntSlider()
image`;

interface Model {
  readonly model_name: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffers?: unknown;
}

describe('the state of ipywidgets', () => {
  it('[WG4] is in the file after a run, and after changes that no run makes, by whichever agent', async () => {
    const notebook = await world.open('ipywidgets.ipynb', ['show', 'change']);
    const saved = (): Record<string, Model> => {
      const text = readFileSync(join(world.lab.root, notebook.path), 'utf8');
      const at =
        text === '' ? undefined : (JSON.parse(text) as { metadata: WidgetMetadata }).metadata;
      return at?.widgets?.['application/vnd.jupyter.widget-state+json'].state ?? {};
    };
    const find = (name: string) => Object.values(saved()).find(model => model.model_name === name);
    const first = await world.agent(notebook);
    await first.run(runMessage('show', IMAGE));
    await until('the state is on disk', () => find('ImageModel'));
    expect(Object.values(saved()).map(model => model.model_name)).toEqual(
      expect.arrayContaining(['ImageModel', 'LayoutModel'])
    );
    expect(Object.keys(saved())).toHaveLength(2);
    expect(find('ImageModel')).toMatchObject({
      model_module: '@jupyter-widgets/controls',
      state: { format: 'png' },
      buffers: [{ path: ['value'], data: 'AAH/', encoding: 'base64' }]
    });
    first.endInput();
    expect(await first.exited()).toBe(0);
    const second = await world.agent(notebook);
    await second.message('ready');
    const later =
      'import threading\nthreading.Timer(0.5, lambda: setattr(image, "format", "gif")).start()\n' +
      'print(get_ipython().kernel.get_parent()["metadata"]["cellId"])';
    await second.run(runMessage('change', later, 2));
    await until('the change is on disk', () => find('ImageModel')?.state['format'] === 'gif');
    expect(find('ImageModel')?.buffers).toHaveLength(1);
    expect(notebook.observer.text('change')).toBe('change\n');
  });
});

interface WidgetMetadata {
  readonly widgets?: {
    readonly 'application/vnd.jupyter.widget-state+json': {
      readonly state: Readonly<Record<string, Model>>;
    };
  };
}
