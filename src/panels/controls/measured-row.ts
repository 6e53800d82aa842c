/** Rows whose height is not known before they are drawn. */
import { type RefObject, useEffect, useRef } from 'react';

/**
 * Give the reference to a row's element: `onHeight` is told its height in px when it is drawn and when
 * it changes, as long as `isMeasured`.
 */
export function useMeasuredRow<Key>(
  key: Key,
  onHeight: (key: Key, height: number) => void,
  isMeasured = true
): RefObject<HTMLDivElement> {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = row.current;
    if (node === null || !isMeasured) {
      return;
    }
    const observer = new ResizeObserver(() => onHeight(key, node.offsetHeight));
    observer.observe(node);
    return () => observer.disconnect();
  }, [key, onHeight, isMeasured]);
  return row;
}
