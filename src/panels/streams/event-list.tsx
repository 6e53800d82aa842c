/**
 * The list of events. Only the rows in view are on the page. It stays at the end while the log
 * follows; when the person goes up it stays where it is, whatever comes, and loads older pages.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  type CSSProperties,
  type KeyboardEvent,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import type { Event } from '../../../schema/index.js';
import type { StreamLog } from '../../store/stream-log.js';
import { rowWindow, topOf } from '../history/row-window.js';
import { useRowFocus } from '../controls/row-focus.js';
import { useScrollView } from '../history/scroll-view.js';
import { heightsOf, indexOf, keyedRow } from './event-places.js';
import { EventRow } from './event-row.js';
import { OlderButton } from './older-button.js';

/** Height of a folded row in px; the style sheet says the same. */
const ROW_HEIGHT = 22;
/** Height in px of what stands above the first row; the style sheet says the same. */
const BEGIN_HEIGHT = 34;
const SPARE = 12;
/** So close to an end, in px, the next page is asked for. */
const NEAR = 300;

export interface EventListProps {
  readonly log: StreamLog;
  readonly events: readonly Event[];
  readonly trans: TranslationBundle;
  readonly docsOf: (type: string) => string;
}

export function EventList({ log, events, trans, docsOf }: EventListProps) {
  const { box, view, measure } = useScrollView(400);
  const [expanded, setExpanded] = useState<ReadonlyMap<number, number>>(new Map());
  const [currentOffset, setCurrentOffset] = useState<number>();

  const heights = useMemo(() => heightsOf(events, expanded), [events, expanded]);
  const total = topOf({ rowHeight: ROW_HEIGHT, heights }, events.length);
  const scrollTop = log.isFollowing
    ? Math.max(0, total - view.viewHeight)
    : Math.max(0, view.scrollTop - BEGIN_HEIGHT);
  const layout = {
    count: events.length,
    rowHeight: ROW_HEIGHT,
    heights,
    spare: SPARE,
    viewHeight: view.viewHeight,
    scrollTop
  };
  const { from, to, above, below } = rowWindow(layout);
  const place = indexOf(events, currentOffset);
  const current = place < 0 ? events.length - 1 : place;

  /** Scroll no further than it takes to see the whole row, or its beginning if it is too high. */
  const reveal = (node: HTMLElement, index: number) => {
    const top = BEGIN_HEIGHT + topOf(layout, index);
    const bottom = BEGIN_HEIGHT + topOf(layout, index + 1);
    node.scrollTop = Math.min(top, Math.max(node.scrollTop, bottom - node.clientHeight));
  };

  const lastTop = useRef(0);
  const opened = useRef<number>();
  const anchor = useRef<{ offset: number; top: number }>();
  useLayoutEffect(() => {
    const node = box.current;
    const was = anchor.current;
    if (node !== null && log.isFollowing) {
      node.scrollTop = node.scrollHeight;
    } else if (node !== null && was !== undefined) {
      // Older events come above, and rows turn out higher: what is being read stays where it is.
      const index = indexOf(events, was.offset);
      const moved = index < 0 ? 0 : topOf(layout, index) - was.top;
      if (moved !== 0) {
        node.scrollTop += moved;
      }
    }
    const openedAt = indexOf(events, opened.current);
    if (node !== null && (heights.get(openedAt) ?? ROW_HEIGHT) !== ROW_HEIGHT) {
      opened.current = undefined;
      reveal(node, openedAt);
    }
    lastTop.current = node?.scrollTop ?? 0;
    const first = Math.min(from + SPARE, events.length - 1);
    const offset = events[first]?.offset;
    anchor.current = offset === undefined ? undefined : { offset, top: topOf(layout, first) };
  });
  const focusRow = useRowFocus(box, '[data-current="true"]');

  const onScroll = () => {
    const node = box.current;
    if (node === null) {
      return;
    }
    const toEnd = node.scrollHeight - node.scrollTop - node.clientHeight;
    const wentUp = node.scrollTop < lastTop.current;
    const wentDown = node.scrollTop > lastTop.current;
    lastTop.current = node.scrollTop;
    if (wentUp && toEnd > 1) {
      log.stay();
    }
    if (wentDown && toEnd < ROW_HEIGHT / 2 && !log.hasNewer && !log.isPaused) {
      log.follow();
    } else if (!wentUp && toEnd < NEAR && log.hasNewer && !log.isPaused) {
      void log.loadNewer();
    }
    if (wentUp && node.scrollTop < NEAR && log.hasOlder) {
      void log.loadOlder();
    }
    measure();
  };

  const setHeight = useCallback((offset: number, height: number) => {
    setExpanded(before =>
      before.has(offset) && before.get(offset) !== height
        ? new Map(before).set(offset, height)
        : before
    );
  }, []);
  const toggle = useCallback(
    (offset: number) => {
      log.stay();
      setCurrentOffset(offset);
      opened.current = offset;
      setExpanded(before => {
        const after = new Map(before);
        if (!after.delete(offset)) {
          after.set(offset, ROW_HEIGHT);
        }
        return after;
      });
    },
    [log]
  );

  const moveTo = (index: number) => {
    const target = Math.min(Math.max(0, index), events.length - 1);
    const node = box.current;
    log.stay();
    if (node !== null) {
      reveal(node, target);
    }
    focusRow();
    setCurrentOffset(events[target]?.offset);
    measure();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const inLine = (event.target as HTMLElement).dataset['current'] === 'true';
    const to =
      inLine || event.target === box.current ? keyedRow(event.key, current, events) : undefined;
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      moveTo(to);
    }
  };

  return (
    <div
      ref={box}
      role="list"
      className="jp-ColophonStreams-events"
      style={{ '--colophon-offset-width': `${String(log.count).length}ch` } as CSSProperties}
      aria-label={trans.__('Events')}
      tabIndex={current >= from && current < to ? -1 : 0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="none" className="jp-ColophonStreams-begin">
        {log.hasOlder ? (
          <OlderButton log={log} trans={trans} />
        ) : (log.events[0]?.offset ?? 1) === 1 ? (
          trans.__('The beginning of the stream.')
        ) : (
          trans.__('What was posted before is not kept any more.')
        )}
      </div>
      <div role="none" style={{ height: above }} />
      {events.slice(from, to).map((event, index) => (
        <EventRow
          key={event.offset}
          event={event}
          expanded={expanded.has(event.offset)}
          current={from + index === current}
          position={from + index + 1}
          count={events.length}
          trans={trans}
          docsOf={docsOf}
          onToggle={toggle}
          onHeight={setHeight}
        />
      ))}
      <div role="none" style={{ height: below }} />
    </div>
  );
}
