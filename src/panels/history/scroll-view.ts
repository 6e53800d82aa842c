/** Where a scrolled box is and how high it is, kept while it is scrolled and resized. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

export interface ScrollView {
  /** For the box that scrolls. */
  readonly box: RefObject<HTMLDivElement>;
  /** In px, as of the last measure. */
  readonly view: { readonly scrollTop: number; readonly viewHeight: number };
  /** To be called when the box was scrolled. */
  readonly measure: () => void;
}

/** `viewHeight`: taken for its height in px until it is there. */
export function useScrollView(viewHeight: number): ScrollView {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollTop: 0, viewHeight });
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
  return { box, view, measure };
}
