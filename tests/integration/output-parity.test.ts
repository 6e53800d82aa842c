/** Notebooks that are run end to end, beside nbclient on the same kernel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IOutput } from '@jupyterlab/nbformat';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEQUENCES } from '../contract/output-sequences.js';
import { until } from '../e2e/until.js';
import { runMessage } from './agent-process.js';
import { RuntimeWorld, type OpenNotebook } from './runtime-world.js';

const world = new RuntimeWorld();
beforeAll(async () => {
  world.installKernel('word', 'tests/integration/word_kernel.py');
  await world.start();
});
afterAll(() => world.stop());

/**
 * nbclient leaves what a stream said apart as it came, and a terminal's line ends in it; the kernel's
 * process is another one.
 */
function joined(outputs: readonly unknown[]): unknown[] {
  const all: Record<string, unknown>[] = [];
  const same = JSON.stringify(outputs)
    .replace(/ipykernel_\d+/g, 'ipykernel')
    .replaceAll('\\r\\n', '\\n');
  for (const output of JSON.parse(same) as Record<string, unknown>[]) {
    const last = all.at(-1);
    if (output['output_type'] === 'stream' && last?.['name'] === output['name']) {
      last!['text'] = String(last!['text']) + String(output['text']);
    } else {
      all.push({ ...output });
    }
  }
  return all;
}

/** Runs each source in a cell of its own, in order; gives what each shows in the end. */
async function run(
  name: string,
  sources: readonly string[],
  kernel?: string
): Promise<{ notebook: OpenNotebook; outputs: IOutput[][] }> {
  const ids = sources.map((_, index) => `c${index}`);
  const notebook = await world.open(name, ids, kernel);
  const agent = await world.agent(notebook);
  await agent.message('ready');
  for (const [index, source] of sources.entries()) {
    await agent.run(runMessage(ids[index]!, source));
  }
  // The person's page hears a little later.
  await until('the last cell is idle', () => {
    const last = notebook.observer.cell(ids.at(-1)!);
    return last?.executionState === 'idle' && last.executionCount === sources.length;
  });
  return { notebook, outputs: ids.map(id => notebook.observer.cell(id)!.outputs) };
}

const PYTHON = [
  'from IPython.display import *\nimport sys, warnings\nprint("a"); display("b"); print("c")',
  'display(HTML("<b>x</b>")); display(Latex("$x^2$")); display(Markdown("# m")); display(SVG("<svg xmlns=\'http://www.w3.org/2000/svg\'/>"))',
  'display(JSON({"a": [1, {"b": None}]}, expanded=True)); display(GeoJSON({"type": "Point", "coordinates": [1, 2]}))',
  'display(Javascript("1")); display(Image(data=b"\\x89PNG\\r\\n\\x1a\\n0000", format="png", width=3))',
  'display({"application/vnd.vegalite.v5+json": {"mark": "bar", "data": {"values": [1, 2.5]}}, "text/plain": "chart"}, raw=True)',
  'display({"application/vnd.plotly.v1+json": {"data": [{"y": [1, 2]}], "layout": {}}}, raw=True, metadata={"k": 1})',
  'display({"application/vnd.of-somebody.v1+json": {"é": "🎉"}}, raw=True)',
  'class Both:\n    def _repr_html_(self): return "<i>h</i>"\n    def _repr_latex_(self): return "$l$"\n    def __repr__(self): return "r"\nBoth()',
  'import pandas\npandas.DataFrame({"a": [1, 2], "b": ["x", None]})',
  'h = display("1", display_id="shared"); h2 = display("2", display_id="shared"); h.update(HTML("<u>3</u>"))',
  'print("other cell"); update_display("4", display_id="shared")',
  'display("5", display_id="shared")',
  'publish_display_data({"text/plain": "p"}, {"text/plain": {"m": 1}})',
  'for i in range(4):\n    clear_output(wait=True); display(i); print("step", i)',
  'print("gone"); clear_output(); display("kept")',
  'print("kept"); clear_output(wait=True)',
  'h = display("old", display_id=True); clear_output(); h.update("nowhere"); print("end")',
  'print("o", flush=True); print("e", file=sys.stderr, flush=True); print("o2")',
  'warnings.warn("careful")',
  'def f(n): return 1 / n\ntry:\n    f(0)\nexcept ZeroDivisionError as error:\n    raise ValueError("é") from error',
  'x = (1,\n',
  'raise KeyboardInterrupt("mine")',
  'sys.exit(3)',
  'class E(Exception):\n    def _render_traceback_(self): return ["mine", "own"]\nraise E("v")',
  'raise ExceptionGroup("g", [ValueError(1), TypeError(2)])',
  '!echo shell; exit 2',
  '%%bash\necho out',
  '%%html\n<p>magic</p>',
  '%%capture held\nprint("held")',
  'held.show()',
  'None',
  '1; 2',
  '_ , Out[32]',
  'import asyncio\nasync def later():\n    print("awaited"); return 7\nawait later()',
  'sys.stdout.write("no line end")',
  '"\\x1b[31mred\\x1b[0m"',
  'print("\\x1b[31mred\\x1b[0m", "tab\\t", "nul\\0", "\\u2028")'
];

describe('the outputs of a run', () => {
  it('[Y7] are what nbclient makes of the same messages', async () => {
    const compared = SEQUENCES.filter(({ unlikeNbclient }) => unlikeNbclient === undefined);
    const theirs = await world.ask<unknown[][][]>(
      'tests/integration/reference_sequences.py',
      [],
      compared.map(({ said, shows }) => ({ cells: shows.length, said }))
    );
    for (const [index, { title, shows }] of compared.entries()) {
      expect([title, theirs[index]!.map(joined)]).toEqual([title, shows]);
    }
    expect(compared.length).toBeGreaterThan(30);
  });

  it('[Y8] are what nbclient leaves in a notebook of every kind of output, to the letter', async () => {
    const theirs = world.reference(PYTHON);
    const { outputs } = await run('parity.ipynb', PYTHON);
    const expected = await theirs;
    for (const [index, source] of PYTHON.entries()) {
      expect([source, joined(outputs[index]!)]).toEqual([source, joined(expected[index]!)]);
    }
  });

  it('[Y9] are what nbclient leaves with a kernel of another language', async () => {
    const sources = [
      'stream {"name": "stdout", "text": "one\\n"}\nstream {"name": "stdout", "text": "two\\n"}',
      'display_data {"data": {"text/html": "<b>x</b>"}, "metadata": {}, "transient": {"display_id": "d"}}',
      'update_display_data {"data": {"text/plain": "new"}, "metadata": {}, "transient": {"display_id": "d"}}',
      'execute_result {"data": {"text/plain": "3"}, "metadata": {}, "execution_count": 4}',
      'stream {"name": "stderr", "text": "gone"}\nclear_output {"wait": true}\ndisplay_data {"data": {}, "metadata": {}}',
      'fail on purpose',
      'stream {"name": "stdout", "text": "after\\n"}'
    ];
    const theirs = world.reference(sources, 'word');
    const { outputs } = await run('word.ipynb', sources, 'word');
    expect(outputs.map(joined)).toEqual((await theirs).map(joined));
    expect(outputs[1]).toMatchObject([{ data: { 'text/plain': 'new' } }]);
  });
});

describe('what a kernel wants to be edited next', () => {
  const sources = ({ observer }: OpenNotebook): string[] =>
    observer.notebook.cells.map(cell => cell.getSource());

  it('[Y10] replaces the source of the cell, as %load does', async () => {
    writeFileSync(join(world.lab.root, 'loaded.py'), 'x = "é"\nx\n');
    const notebook = await world.open('load.ipynb', ['a', 'b']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('a', '%load loaded.py'));
    await until('the loaded source', () => sources(notebook)[0] !== '');
    expect(sources(notebook)).toEqual(['# %load loaded.py\nx = "é"\nx\n', '']);
    expect(notebook.observer.notebook.cells.map(cell => cell.id)).toEqual(['a', 'b']);
  });

  it('[Y10] comes into a new cell below, which is not trusted', async () => {
    const notebook = await world.open('next.ipynb', ['a', 'b']);
    const agent = await world.agent(notebook);
    await agent.run(runMessage('a', 'get_ipython().set_next_input("later = 1"); print("now")'));
    await until('the new cell', () => sources(notebook).length === 3);
    expect(sources(notebook)).toEqual(['', 'later = 1', '']);
    const [, added] = notebook.observer.notebook.cells;
    expect(added!.toJSON()).toMatchObject({
      cell_type: 'code',
      execution_count: null,
      outputs: [],
      metadata: { trusted: false }
    });
    expect(notebook.observer.text('a')).toBe('now\n');
    await agent.run(runMessage(added!.id, '%recall 1'));
    await until('the recalled source', () => sources(notebook).length === 4);
    expect(sources(notebook)[2]).toContain('set_next_input("later = 1")');
  });

  it('[Y10] is the first that it names; nothing of a run that failed', async () => {
    const notebook = await world.open('words.ipynb', ['a', 'b'], 'word');
    const agent = await world.agent(notebook);
    await agent.run(
      runMessage('a', 'next one\npage shown\nnext two\npage left out\nreplace three')
    );
    await agent.run(runMessage('b', 'next four\nfail'));
    await until('the second run', () => notebook.observer.cell('b')?.outputs.length === 1);
    expect(sources(notebook)).toEqual(['', 'one', '']);
    expect(notebook.observer.cell('a')!.outputs).toEqual([
      { output_type: 'display_data', data: { 'text/plain': 'shown' }, metadata: {} }
    ]);
  });
});
