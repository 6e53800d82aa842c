/** Outputs that are kept outside the document, in a real browser: a flood of lines, a large image. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { LabPage } from './lab-page.js';
import { saved } from './saved.js';
import { stage } from './stage.js';
import { until } from './until.js';

const FLOOD = `import os, time
for i in range(30_000): print(f'line {i}')
while not os.path.exists('go-on'): time.sleep(0.02)
for i in range(30_000, 50_000): print(f'line {i}')`;
const LINES = Array.from({ length: 50_000 }, (_, line) => `line ${line}\n`).join('');
const SIZE = '539 kB, 50,000 lines';

const IMAGE = `import os, struct, zlib
from IPython.display import Image
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = b''.join(b'\\0' + os.urandom(900) for _ in range(300))
head = struct.pack('>IIBBBBB', 300, 300, 8, 2, 0, 0, 0)
parts = chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + parts, format='png')`;

const PAGE = `from IPython.display import HTML
script = "try { parent.document.title } catch { document.querySelector('p').textContent = origin }"
HTML('<p>' + 'x' * 200_000 + f'</p><script>{script}</script>')`;

const VALUE = `from IPython.display import JSON
JSON({'rows': [{'word': 'x' * 20} for _ in range(5000)]}, expanded=True)`;

const CHART = `points = [{'a': n, 'b': n % 7, 'why': 'x' * 60} for n in range(2000)]
axis = {'type': 'quantitative'}
display({'application/vnd.vegalite.v5+json': {
    '$schema': 'https://vega.github.io/schema/vega-lite/v5.json',
    'data': {'values': points}, 'mark': 'point',
    'encoding': {'x': {'field': 'a', **axis}, 'y': {'field': 'b', **axis}}
}, 'text/plain': '<VegaLite>'}, raw=True)`;

/** What the browser downloads when this is done. */
async function downloaded({ page }: LabPage, deed: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), deed()]);
  return readFileSync(await download.path(), 'utf8');
}

/** The files of all that is kept outside documents. */
function kept(data: string): string[] {
  return readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter(name => /\b[0-9a-f]{64}$/.test(name))
    .map(name => join(data, name));
}

/** Natural width of an image that is scrolled to, once it is drawn. */
async function drawn(image: Locator): Promise<number> {
  await image.scrollIntoViewIfNeeded();
  const width = () => image.evaluate((node: HTMLImageElement) => node.naturalWidth);
  return until('the image is drawn', async () => (await width()) || undefined);
}

describe('outputs that are kept outside the document', () => {
  const { lab, open } = stage({
    args: [
      '--ColophonExtension.output_inline_bytes=100000',
      '--ServerApp.authorizer_class=two_users.UnlessLocked'
    ]
  });

  it('[AV1] show head, size and end; every line can be scrolled to, searched and downloaded, also while the run goes on', async () => {
    const path = lab.writeNotebook('flood.ipynb', { flood: FLOOD, image: IMAGE, page: PAGE });
    const alice = await open('alice', path);
    const { page } = alice;
    const flood = alice.cell(0);
    const size = flood.locator('.jp-ColophonArtifact-size');
    const list = flood.getByRole('list', { name: 'All lines of the output' });
    const count = flood.getByRole('search').getByRole('status');
    await alice.kernelIdle();
    await alice.command('notebook:run-all-cells');

    await until('the end so far', async () =>
      (await flood.locator('.jp-ColophonArtifact-tail').allInnerTexts())[0]?.includes('line 29999')
    );
    expect(await size.innerText()).toMatch(/ lines so far$/);
    await flood.getByRole('button', { name: 'Show all' }).click();
    await list
      .getByText(/^line 29\d\d\d$/)
      .last()
      .waitFor();
    await flood.getByRole('button', { name: 'Search' }).click();
    await page.keyboard.type('LINE 25000');
    await list.getByText('line 25000', { exact: true }).waitFor();
    expect(await count.innerText()).toBe('1 of 1');
    await list.press('End');
    writeFileSync(join(lab.root, 'go-on'), '');
    await size.getByText(SIZE, { exact: true }).waitFor();
    await list.getByText('line 49999', { exact: true }).waitFor();
    expect(await count.innerText()).toBe('1 of 1');
    expect(await list.getByRole('listitem').count()).toBeLessThan(150);
    await list.press('Home');
    await list.getByText('line 0', { exact: true }).waitFor();
    await flood.getByRole('search').getByRole('searchbox').press('Enter');
    await list.getByText('line 25000', { exact: true }).waitFor();
    await alice.screenshot('artifact-light');

    const link = flood.getByRole('link', { name: 'Download the whole output' });
    expect((await downloaded(alice, () => link.click())) === LINES).toBe(true);
    const image = alice.cell(1).locator('img');
    expect(await drawn(image)).toBe(300);
    const html = alice.cell(2);
    await html.getByRole('button', { name: 'Show' }).click();
    await html.frameLocator('iframe').getByText('null', { exact: true }).waitFor();
    const document = await saved(lab, path, 'text/html');
    expect(document.length).toBeLessThan(150_000);
    expect(document).not.toContain('line 25000');

    await page.reload();
    await size.getByText(SIZE, { exact: true }).waitFor();
    await flood.getByText('line 49999').waitFor();
    expect(await flood.innerText()).toMatch(/^line 0\nline 1\n/m);
    expect(await drawn(image)).toBe(300);
    const whole = await downloaded(alice, () => alice.command('colophon:download-whole-notebook'));
    const { cells } = JSON.parse(whole) as ReturnType<typeof lab.readNotebook>;
    expect([cells[0]?.outputs?.[0]?.text].flat().join('') === LINES).toBe(true);
    expect(cells[1]?.outputs?.[0]?.data).toHaveProperty(['image/png']);
    expect(cells[2]?.outputs?.[0]?.data).toHaveProperty(['text/html']);
    await alice.command('apputils:change-theme', { theme: 'JupyterLab Dark' });
    await page.locator('body[data-jp-theme-light="false"]').waitFor({ state: 'attached' });
    await page.route('**/lines?*', route => route.abort());
    await flood.getByRole('button', { name: 'Show all' }).click();
    const alert = flood.getByRole('alert');
    await alert.getByText('Colophon does not answer').waitFor();
    await page.unroute('**/lines?*');
    await alert.getByRole('button', { name: 'Retry' }).click();
    await list.getByText('line 0', { exact: true }).waitFor();
    expect(await alert.isVisible()).toBe(false);
    await alice.screenshot('artifact-dark');
    await alice.close();
  });

  it('[VD3] values are drawn by JupyterLab when asked for; what cannot be had says why at its place, and what to do', async () => {
    const flood = 'for i in range(30_000): print(i)';
    const path = lab.writeNotebook('values.ipynb', {
      value: VALUE,
      chart: CHART,
      flood,
      image: IMAGE
    });
    const alice = await open('alice', path);
    const part = (index: number, name: string) =>
      alice.cell(index).getByRole('button', { name, exact: true });
    await alice.kernelIdle();
    await alice.command('notebook:run-all-cells');
    await part(0, 'Show').click();
    await alice.cell(0).locator('.jp-RenderedJSON').getByText('rows').waitFor();
    await part(1, 'Show').click();
    await alice.cell(1).locator('canvas, svg.marks').first().waitFor();
    await drawn(alice.cell(3).locator('img'));

    const alert = alice.cell(2).getByRole('alert');
    const list = alice.cell(2).getByRole('list', { name: 'All lines of the output' });
    const lock = join(lab.root, 'locked');
    writeFileSync(lock, '');
    await part(2, 'Show all').click();
    await alert.getByText(/^You may not see this output. You may not read contents/).waitFor();
    rmSync(lock);
    await part(2, 'Retry').click();
    await list.getByText('7', { exact: true }).waitFor();
    await part(2, 'Show less').click();

    await saved(lab, path, 'image/png');
    for (const each of kept(lab.data)) {
      rmSync(each);
    }
    const gone = /^This output is not kept here any more. Run the cell again/;
    await part(2, 'Show all').click();
    await alert.getByText(gone).waitFor();
    await alice.close();
    const bob = await open('bob', path);
    await bob.cell(3).scrollIntoViewIfNeeded();
    await bob.cell(3).getByRole('alert').getByText(gone).waitFor();
    await bob.cell(2).getByRole('link', { name: 'Download the whole output' }).click();
    await bob.cell(2).getByRole('alert').getByText(gone).waitFor();
    await bob.cell(0).getByRole('button', { name: 'Show', exact: true }).click();
    await bob.cell(0).getByRole('alert').getByText(gone).waitFor();
    expect(await bob.cell(2).innerText()).toMatch(/^0\n1\n[^]*\n29999$/m);
    await bob.screenshot('artifact-gone');
    await bob.close();
  });
});
