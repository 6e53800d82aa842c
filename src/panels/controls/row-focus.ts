/** The keyboard of a list of which only the rows in view are on the page. */
import { type RefObject, useCallback, useEffect, useRef } from 'react';

/**
 * What is returned gives the keyboard to the row that `selector` finds in the box, after it is drawn.
 * While that row is not on the page the box has the keyboard, which has to take focus then: a row that
 * goes takes the keys with it. Whoever has gone elsewhere is left alone.
 */
export function useRowFocus(box: RefObject<HTMLElement>, selector: string): () => void {
  const wanted = useRef(false);
  const had = useKeyboardWithin(box);
  useEffect(() => {
    const node = box.current;
    const active = document.activeElement;
    const nowhere = active === null || active === document.body;
    const lost = had.current && nowhere;
    if (node === null || !(wanted.current || lost)) {
      return;
    }
    const row = node.querySelector<HTMLElement>(selector);
    const elsewhere = !nowhere && !node.contains(active);
    if (row !== null && !elsewhere) {
      row.focus({ preventScroll: lost });
    } else if (!elsewhere) {
      node.focus({ preventScroll: true });
    }
    wanted.current = row === null && !elsewhere;
  });
  return useCallback(() => {
    wanted.current = true;
  }, []);
}

/** Whether the box or something in it had the keyboard last, also if that is not on the page any more. */
function useKeyboardWithin(box: RefObject<HTMLElement>): { readonly current: boolean } {
  const had = useRef(false);
  useEffect(() => {
    const node = box.current;
    const enter = (): void => {
      had.current = true;
    };
    const leave = ({ target }: FocusEvent): void => {
      // What is taken off the page is not left.
      queueMicrotask(() => {
        const left = target instanceof Node && target.isConnected;
        had.current &&= !left || node?.contains(document.activeElement) === true;
      });
    };
    node?.addEventListener('focusin', enter);
    node?.addEventListener('focusout', leave);
    return () => {
      node?.removeEventListener('focusin', enter);
      node?.removeEventListener('focusout', leave);
    };
  }, [box]);
  return had;
}
