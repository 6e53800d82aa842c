/**
 * While a stream grows, the document replaces its link again and again, and JupyterLab makes a new
 * renderer for each. What is open in the old one (everything shown, scrolled, searched) goes over to
 * the new one, which stands in the same output area a moment later.
 */
import type { Widget } from '@lumino/widgets';
import type { StreamView, ShownStream } from './stream-view.js';

/** Where a view stands. */
export interface ViewHolder {
  readonly shown: ShownStream | undefined;
  /** Show this view instead of the own. */
  adopt(view: StreamView): void;
}

interface Area {
  readonly holders: Set<ViewHolder>;
  /** Views whose holder is gone, for one turn. */
  readonly left: Set<StreamView>;
}

const areas = new WeakMap<Widget, Area>();

function areaOf(widget: Widget): Area {
  const area = areas.get(widget) ?? { holders: new Set(), left: new Set() };
  areas.set(widget, area);
  return area;
}

/** A holder stands in an output area now; it takes over what was left for it. */
export function enter(widget: Widget, holder: ViewHolder): void {
  const { holders, left } = areaOf(widget);
  holders.add(holder);
  const now = holder.shown;
  const view = [...left].find(({ shown }) => shown && now && continues(shown, now));
  if (view !== undefined) {
    left.delete(view);
    holder.adopt(view);
  }
}

/**
 * A holder is gone. Its view goes to the one that shows the same already, or comes in the same turn;
 * else it is disposed.
 */
export function leave(widget: Widget, holder: ViewHolder, view: StreamView): void {
  const { holders, left } = areaOf(widget);
  holders.delete(holder);
  const before = view.shown;
  const next = [...holders].find(({ shown }) => shown && before && continues(before, shown));
  if (next !== undefined) {
    next.adopt(view);
    return;
  }
  left.add(view);
  setTimeout(() => {
    if (left.delete(view)) {
      view.dispose();
    }
  }, 0);
}

/** Is it the same text, grown or completed? */
export function continues(before: ShownStream, now: ShownStream): boolean {
  if (before.name !== now.name || !('upload' in before.link)) {
    return false;
  }
  return 'upload' in now.link
    ? now.link.upload === before.link.upload
    : now.link.bytes >= before.link.bytes;
}
