/** Links to artifacts in notebook files, wherever they are below a folder. */
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotebookLinks } from '../../../agent/artifacts/notebook-links.js';
import type { Digest } from '../../../schema/index.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'colophon-links-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const hashOf = (digit: string) => digit.repeat(64) as Digest;
const ALL = new Set(['a', 'b', 'c', 'd', 'e'].map(hashOf));

function write(path: string, digit: string, before = ''): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  const link = { hash: hashOf(digit), key: 'k', mediaType: 'text/plain', bytes: 1 };
  writeFileSync(join(root, path), JSON.stringify({ before, link }, null, 1));
}

async function linked(links: NotebookLinks, wanted = ALL): Promise<string[]> {
  return [...(await links.linked(wanted))].map(hash => hash[0]!).sort();
}

describe('links of notebook files', () => {
  it('[AR20] are found in every folder that people work in, and in nothing else', async () => {
    write('one.ipynb', 'a');
    write('deep/er/two.ipynb', 'b');
    write('.ipynb_checkpoints/three.ipynb', 'c');
    write('four.json', 'd');
    symlinkSync(root, join(root, 'deep', 'around'));
    symlinkSync(join(root, 'nowhere'), join(root, 'gone.ipynb'));
    mkdirSync(join(root, 'folder.ipynb'));
    const outside = mkdtempSync(join(tmpdir(), 'colophon-links-'));
    symlinkSync(outside, join(root, 'elsewhere'));
    const links = new NotebookLinks(root);
    expect(await linked(links)).toEqual(['a', 'b']);
    write('five.ipynb', 'e');
    renameSync(join(root, 'five.ipynb'), join(outside, 'five.ipynb'));
    expect(await linked(links)).toEqual(['a', 'b', 'e']);
    expect(await linked(links, new Set([hashOf('b')]))).toEqual(['b']);
    rmSync(outside, { recursive: true });
    expect(await linked(links)).toEqual(['a', 'b']);
  });

  it('[AR20] are read again when a file has changed, and wherever a piece of it ends', async () => {
    const links = new NotebookLinks(root);
    for (const length of [0, 100, (1 << 18) - 90, (1 << 18) - 40, (1 << 20) + 7]) {
      write('large.ipynb', 'a', 'x'.repeat(length));
      expect([length, await linked(links)]).toEqual([length, ['a']]);
    }
    write('same.ipynb', 'b');
    utimesSync(join(root, 'same.ipynb'), 1, 1);
    expect(await linked(links)).toEqual(['a', 'b']);
    write('same.ipynb', 'c');
    utimesSync(join(root, 'same.ipynb'), 1, 1);
    expect(await linked(links)).toEqual(['a', 'c']);
  });

  it('[AR20] are not known where the folder cannot be looked through', async () => {
    const links = new NotebookLinks(join(root, 'away'));
    await expect(links.linked(ALL)).rejects.toThrow('ENOENT');
  });
});
