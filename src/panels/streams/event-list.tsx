/**
 * The list of events. Only the rows in view are on the page. It stays at the end while the log
 * follows; when the person goes up it stays where it is, whatever comes, and loads older pages.
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
import type { Event } from '../../../schema/index.js';
import type { StreamLog } from '../../store/stream-log.js';
import { rowWindow, topOf } from '../history/row-window.js';
import { EventRow } from './event-row.js';

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
  const box = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  const [view, setView] = useState({ scrollTop: 0, viewHeight: 400 });
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

  const lastTop = useRef(0);
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
    lastTop.current = node?.scrollTop ?? 0;
    const first = Math.min(from + SPARE, events.length - 1);
    const offset = events[first]?.offset;
    anchor.current = offset === undefined ? undefined : { offset, top: topOf(layout, first) };
  });
  useEffect(() => {
    if (wantsFocus.current) {
      wantsFocus.current = false;
      box.current?.querySelector<HTMLElement>('[data-current="true"]')?.focus();
    }
  });

  const measure = useCallback(() => {
    const node = box.current;
    if (node !== null) {
      setView({ scrollTop: node.scrollTop, viewHeight: node.clientHeight });
    }
  }, []);
  useEffect(() => {
    const node = box.current;
    if (node === null) {
      return;
    }
    const observer = new ResizeObserver(measure);
    observer.observe(node);
    return () => observer.disconnect();
  }, [measure]);

  const onScroll = () => {
    const node = box.current;
    if (node === null) {
      return;
    }
    const toEnd = node.scrollHeight - node.scrollTop - node.clientHeight;
    const wentUp = node.scrollTop < lastTop.current;
    lastTop.current = node.scrollTop;
    if (wentUp && toEnd > 1) {
      log.stay();
    }
    if (!wentUp && toEnd < ROW_HEIGHT / 2 && !log.hasNewer && !log.isPaused) {
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
      const top = BEGIN_HEIGHT + topOf(layout, target);
      const bottom = BEGIN_HEIGHT + topOf(layout, target + 1);
      node.scrollTop = Math.min(top, Math.max(node.scrollTop, bottom - node.clientHeight));
    }
    wantsFocus.current = true;
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
      aria-label={trans.__('Events')}
      tabIndex={current >= from && current < to ? -1 : 0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="none" className="jp-ColophonStreams-begin">
        {log.hasOlder ? (
          <button
            type="button"
            className="jp-ColophonStreams-button"
            onClick={() => void log.loadOlder()}
          >
            {log.isLoadingOlder ? trans.__('Loading…') : trans.__('Look further back')}
          </button>
        ) : (
          trans.__('The beginning of the stream.')
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

/** Heights of the rows that are unfolded, by their place in the list. */
function heightsOf(
  events: readonly Event[],
  expanded: ReadonlyMap<number, number>
): ReadonlyMap<number, number> {
  return new Map(
    [...expanded].flatMap(([offset, height]): [number, number][] => {
      const index = indexOf(events, offset);
      return index < 0 ? [] : [[index, height]];
    })
  );
}

/** The place of the event with this offset; -1 for none. The events are ascending. */
function indexOf(events: readonly Event[], offset: number | undefined): number {
  let low = 0;
  let high = events.length - 1;
  while (offset !== undefined && low <= high) {
    const middle = (low + high) >> 1;
    const found = events[middle]?.offset ?? Infinity;
    if (found === offset) {
      return middle;
    }
    [low, high] = found < offset ? [middle + 1, high] : [low, middle - 1];
  }
  return -1;
}

function keyedRow(key: string, current: number, events: readonly Event[]): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return current + 1;
    case 'ArrowUp':
      return current - 1;
    case 'PageDown':
      return current + 20;
    case 'PageUp':
      return current - 20;
    case 'Home':
      return 0;
    case 'End':
      return events.length - 1;
    default:
      return undefined;
  }
}
