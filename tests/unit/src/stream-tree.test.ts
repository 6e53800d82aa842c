import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamPath } from '../../../schema/index.js';
import { pathsAbove, treeRows } from '../../../src/panels/streams/stream-tree.js';
import { treeDeed, typedRow } from '../../../src/panels/streams/tree-keys.js';

const path = (text: string) => text as StreamPath;
const entries = (...paths: string[]) =>
  paths.map((stream, index) => ({ stream: path(stream), head: index + 1, createdAt: '' }));
interface Shown {
  readonly collapsed?: readonly string[];
  readonly filter?: string;
  readonly names?: Readonly<Record<string, string>>;
}
const rowsOf = (
  paths: readonly string[],
  { collapsed = [], filter = '', names = {} }: Shown = {}
) => {
  const named = Object.entries(names).map(([key, name]) => [path(key), name] as const);
  return treeRows(entries(...paths), {
    names: new Map<StreamPath, string>(named),
    collapsed: new Set(collapsed.map(path)),
    filter
  });
};
const brief = (rows: ReturnType<typeof rowsOf>) =>
  rows.map(({ level, label, count }) => `${'  '.repeat(level - 1)}${label} ${count ?? '-'}`);

describe('the tree of streams', () => {
  it('[B4] nests by path, also below what is no stream itself, and names notebooks by their file', () => {
    const rows = rowsOf(['/notebooks/id-1', '/team', '/team/chat/loud', '/notebooks/id-2', '/'], {
      names: { '/notebooks/id-1': 'work/zoo.ipynb', '/notebooks/id-2': 'ape.ipynb' }
    });
    expect(brief(rows)).toEqual([
      '/ 5',
      'notebooks -',
      '  ape.ipynb 4',
      '  zoo.ipynb 1',
      'team 2',
      '  chat -',
      '    loud 3'
    ]);
    expect(rows[2]).toMatchObject({ position: 1, setSize: 2, expandable: false });
  });

  it('[B4] folds, and a filter shows what it finds with all that it stands in', () => {
    const paths = ['/a/b/c', '/a/d', '/e'];
    expect(brief(rowsOf(paths, { collapsed: ['/a'] }))).toEqual(['a -', 'e 3']);
    expect(brief(rowsOf(paths, { collapsed: ['/a'], filter: 'C' }))).toEqual([
      'a -',
      '  b -',
      '    c 1'
    ]);
    const names = { '/e': 'Sales.ipynb' };
    expect(brief(rowsOf(paths, { filter: 'sales', names }))).toEqual(['Sales.ipynb 3']);
    expect(pathsAbove(path('/a/b/c'))).toEqual(['/a', '/a/b']);
  });

  it('[B4] has each stream in it once, with its parents, whatever the paths', () => {
    const segment = fc.constantFrom('a', 'b', 'c', 'dd');
    const paths = fc.array(fc.array(segment, { minLength: 1, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(paths, all => {
        const streams = [...new Set(all.map(segments => `/${segments.join('/')}`))];
        const shown = rowsOf(streams).map(row => String(row.path));
        expect(new Set(shown).size).toBe(shown.length);
        for (const stream of streams) {
          expect(shown).toContain(stream);
          for (const above of pathsAbove(path(stream))) {
            expect(shown.indexOf(above)).toBeGreaterThanOrEqual(0);
            expect(shown.indexOf(above)).toBeLessThan(shown.indexOf(stream));
          }
        }
      })
    );
  });

  it('[B4] moves by arrows, ends and letters', () => {
    const rows = rowsOf(['/alpha/beta', '/alpha/bravo', '/beta']);
    expect(treeDeed('ArrowRight', rows, 0)).toEqual({ do: 'move', to: 1 });
    expect(treeDeed('ArrowLeft', rows, 2)).toEqual({ do: 'move', to: 0 });
    expect(treeDeed('ArrowLeft', rows, 0)).toEqual({ do: 'collapse' });
    expect(treeDeed('ArrowUp', rows, 0)).toEqual({ do: 'move', to: 0 });
    expect(treeDeed('End', rows, 0)).toEqual({ do: 'move', to: 3 });
    expect(treeDeed('Enter', rows, 1)).toEqual({ do: 'open' });
    expect(treeDeed('x', rows, 1)).toBeUndefined();
    const folded = rowsOf(['/alpha/beta'], { collapsed: ['/alpha'] });
    expect(treeDeed('ArrowRight', folded, 0)).toEqual({ do: 'expand' });
    expect(typedRow('b', rows, 0)).toBe(1);
    expect(typedRow('b', rows, 1)).toBe(2);
    expect(typedRow('bb', rows, 3)).toBe(1);
    expect(typedRow('br', rows, 2)).toBe(2);
    expect(typedRow('z', rows, 0)).toBeUndefined();
  });
});
