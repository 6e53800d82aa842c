/**
 * The streams as a tree by their paths, and the rows of it that are to be seen. A folder that is no
 * stream itself stands in the tree, too: nothing has happened in it, but below it.
 */
import type { StreamPath } from '../../../schema/index.js';
import type { StreamEntry } from '../../client/api.js';

/** One row of the tree, as it is shown. */
export interface TreeRow {
  readonly path: StreamPath;
  /** Its last segment, or the name of the notebook's file. */
  readonly label: string;
  /** From 1. */
  readonly level: number;
  /** Events in it; undefined for a path in which nothing has happened. */
  readonly count: number | undefined;
  readonly expandable: boolean;
  readonly expanded: boolean;
  /** Place among its siblings, from 1, and how many they are. */
  readonly position: number;
  readonly setSize: number;
}

export interface TreeOptions {
  readonly names: ReadonlyMap<StreamPath, string>;
  readonly collapsed: ReadonlySet<StreamPath>;
  /** Only paths and names with this text in them, and what they stand in; nothing is folded then. */
  readonly filter: string;
}

interface Branch {
  readonly path: StreamPath;
  readonly label: string;
  count: number | undefined;
  readonly children: Map<string, Branch>;
}

/** Every row that is to be seen, from top to bottom. */
export function treeRows(
  entries: readonly StreamEntry[],
  { names, collapsed, filter }: TreeOptions
): readonly TreeRow[] {
  const wanted = filter.trim().toLowerCase();
  const matches = ({ stream }: StreamEntry) =>
    wanted === '' ||
    stream.toLowerCase().includes(wanted) ||
    (names.get(stream)?.toLowerCase().includes(wanted) ?? false);
  const root = grow(entries.filter(matches), names);
  const rows: TreeRow[] = [];
  const add = (branches: readonly Branch[], level: number) => {
    const ordered = [...branches].sort((a, b) => compare(a, b));
    ordered.forEach((branch, index) => {
      const { path, label, count, children } = branch;
      const expandable = children.size > 0 && path !== '/';
      const expanded = expandable && (wanted !== '' || !collapsed.has(path));
      const place = { position: index + 1, setSize: ordered.length };
      rows.push({ path, label, level, count, expandable, expanded, ...place });
      if (expanded) {
        add([...children.values()], level + 1);
      }
    });
  };
  const top = [...root.children.values()];
  add(root.count === undefined ? top : [root, ...top], 1);
  return rows;
}

function grow(entries: readonly StreamEntry[], names: TreeOptions['names']): Branch {
  const root: Branch = {
    path: '/' as StreamPath,
    label: '/',
    count: undefined,
    children: new Map()
  };
  for (const { stream, head } of entries) {
    let branch = root;
    let path = '';
    for (const segment of stream.split('/').filter(part => part !== '')) {
      path += `/${segment}`;
      let child = branch.children.get(segment);
      if (child === undefined) {
        const own = path as StreamPath;
        const label = fileName(names.get(own)) ?? segment;
        child = { path: own, label, count: undefined, children: new Map() };
        branch.children.set(segment, child);
      }
      branch = child;
    }
    branch.count = head;
  }
  return root;
}

function compare(a: Branch, b: Branch): number {
  return (
    Number(a.path !== '/') - Number(b.path !== '/') ||
    a.label.localeCompare(b.label, undefined, { numeric: true, sensitivity: 'base' }) ||
    (a.path < b.path ? -1 : 1)
  );
}

function fileName(path: string | undefined): string | undefined {
  return path?.split('/').at(-1);
}

/** The streams in which a path stands, the nearest last; to unfold them. */
export function pathsAbove(path: StreamPath): readonly StreamPath[] {
  const segments = path.split('/').slice(1, -1);
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}` as StreamPath);
}
