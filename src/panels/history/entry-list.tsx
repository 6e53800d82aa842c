/**
 * The list of entries. Only the rows in view are on the page, so that ten thousand are as quick as
 * ten. One row has the keyboard: arrows move, Enter goes to the cell, left and right fold.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { ShownEntry } from '../../words/entry.js';
import { useRowFocus } from '../controls/row-focus.js';
import { EntryRow } from './entry-row.js';
import { keyDeed } from './entry-keys.js';
import { rowWindow, topOf } from './row-window.js';
import type { RecordOf } from './run-record.js';
import { useScrollView } from './scroll-view.js';

/** Height in px of a row until it is drawn: a sentence in one line, and the line below it. */
const ROW_HEIGHT = 44;
const SPARE = 8;
/** So close to the end, in px, older entries are asked for. */
const NEAR_END = 400;

export interface EntryListProps {
  readonly entries: readonly ShownEntry[];
  readonly now: number;
  readonly relativeTime: boolean;
  readonly trans: TranslationBundle;
  readonly onOpen: (entry: ShownEntry) => void;
  /** The end of the list is near. */
  readonly onNearEnd: () => void;
  readonly onRecord: RecordOf;
  /** What stands below the last entry. */
  readonly foot: string;
}

export function EntryList(props: EntryListProps) {
  const { entries, trans, onOpen, onNearEnd } = props;
  const { box, view, measure } = useScrollView(600);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [measured, setMeasured] = useState<ReadonlyMap<string, number>>(new Map());
  const [currentKey, setCurrentKey] = useState<string>();

  const heights = useMemo(
    () =>
      new Map(
        entries.flatMap(({ key }, index): [number, number][] => {
          const height = measured.get(key);
          return height === undefined || height === ROW_HEIGHT ? [] : [[index, height]];
        })
      ),
    [entries, measured]
  );
  const layout = { count: entries.length, rowHeight: ROW_HEIGHT, heights, spare: SPARE, ...view };
  const { from, to, above, below } = rowWindow(layout);
  const current = Math.max(
    0,
    entries.findIndex(entry => entry.key === currentKey)
  );

  const anchor = useRef<{ key: string; top: number }>();
  useLayoutEffect(() => {
    // New entries come at the top, and rows turn out higher: what is being read stays where it is.
    const node = box.current;
    const was = anchor.current;
    const index = was === undefined ? -1 : entries.findIndex(({ key }) => key === was.key);
    if (node !== null && was !== undefined && index >= 0 && node.scrollTop > 0) {
      const moved = topOf(layout, index) - was.top;
      if (moved !== 0) {
        node.scrollTop += moved;
      }
    }
    const first = Math.min(from + SPARE, entries.length - 1);
    const key = entries[first]?.key;
    anchor.current = key === undefined ? undefined : { key, top: topOf(layout, first) };
  });

  useEffect(() => {
    const node = box.current;
    if (node !== null && node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END) {
      onNearEnd();
    }
  }, [view, entries, onNearEnd]);
  const focusRow = useRowFocus(box, '[role="treeitem"][tabindex="0"]');

  const toggle = useCallback((entry: ShownEntry) => {
    setExpanded(before => {
      const after = new Set(before);
      if (!after.delete(entry.key)) {
        after.add(entry.key);
      }
      return after;
    });
  }, []);
  const setHeight = useCallback((key: string, height: number) => {
    setMeasured(before => (before.get(key) === height ? before : new Map(before).set(key, height)));
  }, []);
  const open = useCallback(
    (entry: ShownEntry) => {
      setCurrentKey(entry.key);
      onOpen(entry);
    },
    [onOpen]
  );

  const moveTo = (index: number) => {
    const target = Math.min(Math.max(0, index), entries.length - 1);
    const node = box.current;
    if (node !== null) {
      const top = topOf(layout, target);
      const bottom = topOf(layout, target + 1);
      if (top < node.scrollTop) {
        node.scrollTop = top;
      } else if (bottom > node.scrollTop + node.clientHeight) {
        node.scrollTop = bottom - node.clientHeight;
      }
    }
    focusRow();
    setCurrentKey(entries[target]?.key);
    measure();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const entry = entries[current];
    const deed = entry && keyDeed(event.key, entry, expanded.has(entry.key));
    if (entry === undefined || deed === undefined) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (deed.do) {
      case 'open':
        return open(entry);
      case 'toggle':
        return toggle(entry);
      case 'move':
        return moveTo(
          Number.isFinite(deed.by) ? current + deed.by : deed.by < 0 ? 0 : entries.length
        );
    }
  };

  return (
    <div
      ref={box}
      className="jp-ColophonHistory-list"
      role="tree"
      tabIndex={current >= from && current < to ? -1 : 0}
      aria-label={trans.__('History')}
      onScroll={measure}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: above }} />
      {entries.slice(from, to).map((entry, index) => (
        <EntryRow
          key={entry.key}
          entry={entry}
          now={props.now}
          relativeTime={props.relativeTime}
          expanded={expanded.has(entry.key)}
          current={from + index === current}
          position={from + index + 1}
          count={entries.length}
          trans={trans}
          onOpen={open}
          onToggle={toggle}
          onHeight={setHeight}
          onRecord={props.onRecord}
        />
      ))}
      <div style={{ height: below }} />
      <div className="jp-ColophonHistory-foot">{props.foot}</div>
    </div>
  );
}
