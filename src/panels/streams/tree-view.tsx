/**
 * The tree of streams. Only the rows in view are on the page. One row has the keyboard: arrows move
 * and fold, Home and End go to the ends, letters to the next label that begins with them.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { StreamPath } from '../../../schema/index.js';
import { SearchField } from '../controls/search-field.js';
import { useRowFocus } from '../controls/row-focus.js';
import { rowWindow } from '../history/row-window.js';
import type { TreeRow } from './stream-tree.js';
import type { StreamsModel } from './streams-model.js';
import { treeDeed, typedRow } from './tree-keys.js';
import { TreeNode } from './tree-node.js';

/** Height of a row in px; the style sheet says the same. */
const ROW_HEIGHT = 24;
/** Above the first row and below the last, in px; the style sheet says the same. */
const PADDING = 4;
const SPARE = 8;
/** Letters typed within so many ms belong together. */
const TYPING = 700;

export interface TreeViewProps {
  readonly model: StreamsModel;
  readonly onNew: () => void;
}

export function TreeView({ model, onNew }: TreeViewProps) {
  const { trans, rows } = model;
  return (
    <>
      <div className="jp-ColophonStreams-treeBar">
        <SearchField
          label={trans.__('Filter the streams')}
          placeholder={trans.__('Filter streams')}
          value={model.treeFilter}
          onChange={value => {
            model.treeFilter = value;
          }}
        />
        <button type="button" className="jp-ColophonButton" onClick={onNew}>
          {trans.__('New stream…')}
        </button>
      </div>
      {rows === undefined || rows.length === 0 ? (
        <p className="jp-ColophonStreams-empty" role="status">
          {rows === undefined
            ? model.colophon.status.runs
              ? trans.__('Loading…')
              : trans.__('The streams are shown as soon as Colophon answers.')
            : model.treeFilter === ''
              ? trans.__('No stream has begun yet.')
              : trans.__('No stream has this in its path or name.')}
        </p>
      ) : (
        <Tree model={model} rows={rows} trans={trans} />
      )}
    </>
  );
}

interface TreeProps {
  readonly model: StreamsModel;
  readonly rows: readonly TreeRow[];
  readonly trans: TranslationBundle;
}

function Tree({ model, rows, trans }: TreeProps) {
  const box = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: '', at: 0 });
  const [view, setView] = useState({ scrollTop: 0, viewHeight: 600 });
  const [currentPath, setCurrentPath] = useState<StreamPath>();
  const indexOf = (path: StreamPath | undefined) => rows.findIndex(row => row.path === path);
  const current = Math.max(
    0,
    indexOf(currentPath) < 0 ? indexOf(model.chosen) : indexOf(currentPath)
  );
  const layout = { count: rows.length, rowHeight: ROW_HEIGHT, heights: NO_HEIGHTS, spare: SPARE };
  const { from, to, above, below } = rowWindow({ ...layout, ...view });
  const shown = rows.slice(from, to);

  useEffect(() => {
    const node = box.current;
    if (node === null) {
      return;
    }
    const observer = new ResizeObserver(() => measure());
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    model.list.wantNames(shown.map(row => row.path));
  });
  const focusRow = useRowFocus(box, '[role="treeitem"][tabindex="0"]');

  const measure = () => {
    const node = box.current;
    if (node !== null) {
      setView({ scrollTop: node.scrollTop, viewHeight: node.clientHeight });
    }
  };
  const reveal = (index: number) => {
    const node = box.current;
    if (node !== null) {
      const top = index * ROW_HEIGHT;
      node.scrollTop = Math.min(
        top,
        Math.max(node.scrollTop, top + ROW_HEIGHT + 2 * PADDING - node.clientHeight)
      );
    }
  };
  // A stream that was chosen elsewhere is in view as soon as its row is there.
  const chosenRow = indexOf(model.chosen);
  const revealed = useRef<StreamPath>();
  useEffect(() => {
    const laidOut = (box.current?.clientHeight ?? 0) > 0;
    if (laidOut && chosenRow >= 0 && revealed.current !== model.chosen) {
      revealed.current = model.chosen;
      setCurrentPath(model.chosen);
      reveal(chosenRow);
      measure();
    }
  });
  const moveTo = (index: number) => {
    reveal(index);
    focusRow();
    setCurrentPath(rows[index]?.path);
    measure();
  };
  const open = (row: TreeRow) => {
    setCurrentPath(row.path);
    model.choose(row.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const { at, text } = typed.current;
    const typing = event.timeStamp - at < TYPING;
    const deed = typing && event.key === ' ' ? undefined : treeDeed(event.key, rows, current);
    if (deed === undefined && event.key.length !== 1) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (deed?.do) {
      case 'move':
        return moveTo(deed.to);
      case 'open':
        return open(row);
      case 'expand':
      case 'collapse':
        return model.fold(row.path, deed.do === 'collapse');
      case undefined: {
        typed.current = { text: (typing ? text : '') + event.key, at: event.timeStamp };
        const found = typedRow(typed.current.text, rows, current);
        return found === undefined ? undefined : moveTo(found);
      }
    }
  };

  return (
    <div
      ref={box}
      role="tree"
      className="jp-ColophonStreams-tree"
      aria-label={trans.__('Streams')}
      tabIndex={current >= from && current < to ? -1 : 0}
      onScroll={measure}
      onKeyDown={onKeyDown}
      onFocus={({ target }) => {
        if (target === box.current) {
          moveTo(current);
        }
      }}
    >
      <div role="none" style={{ height: above }} />
      {shown.map((row, index) => (
        <TreeNode
          key={row.path}
          model={model}
          row={row}
          current={from + index === current}
          onOpen={open}
        />
      ))}
      <div role="none" style={{ height: below }} />
    </div>
  );
}

const NO_HEIGHTS: ReadonlyMap<number, number> = new Map();
