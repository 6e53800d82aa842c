/**
 * Marks what was searched in rows that are on the page, without changing them: the browser paints
 * ranges. A browser that cannot still shows the row of the current match.
 */
import type { Needle } from '../../client/artifact-api.js';

const FOUND = 'colophon-found';
const CURRENT = 'colophon-found-current';

export class FoundText {
  /** Marks these ranges instead of the ones before; `current` among them another way. */
  mark(ranges: readonly Range[], current: Range | undefined): void {
    this.clear();
    this.marked = ranges.filter(range => range !== current);
    this.current = current;
    const found = highlight(FOUND);
    this.marked.forEach(range => found?.add(range));
    if (current !== undefined) {
      highlight(CURRENT)?.add(current);
    }
  }

  clear(): void {
    this.marked.forEach(range => highlight(FOUND)?.delete(range));
    if (this.current !== undefined) {
      highlight(CURRENT)?.delete(this.current);
    }
    this.marked = [];
    this.current = undefined;
  }

  private marked: readonly Range[] = [];
  private current: Range | undefined;
}

/** Where the text occurs in a node, one range for each place. */
export function rangesIn(node: Node, { text, matchCase }: Needle): Range[] {
  const fold = (part: string) => (matchCase ? part : part.toLowerCase());
  const content = fold(node.textContent ?? '');
  const sought = fold(text);
  const ranges: Range[] = [];
  if (sought === '' || content.length !== (node.textContent ?? '').length) {
    return ranges;
  }
  for (
    let at = content.indexOf(sought);
    at >= 0;
    at = content.indexOf(sought, at + sought.length)
  ) {
    const range = document.createRange();
    const from = placeOf(node, at);
    const to = placeOf(node, at + sought.length);
    if (from !== undefined && to !== undefined) {
      range.setStart(...from);
      range.setEnd(...to);
      ranges.push(range);
    }
  }
  return ranges;
}

/** The text node at this distance from the node's start. */
function placeOf(node: Node, distance: number): [Text, number] | undefined {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  let left = distance;
  for (let text = walker.nextNode(); text instanceof Text; text = walker.nextNode()) {
    if (left <= text.length) {
      return [text, left];
    }
    left -= text.length;
  }
  return undefined;
}

/** The browser's list of ranges by this name; undefined where it has no such thing. */
function highlight(name: string): Highlight | undefined {
  if (typeof Highlight === 'undefined') {
    return undefined;
  }
  const known = CSS.highlights.get(name);
  if (known !== undefined) {
    return known;
  }
  const made = new Highlight();
  CSS.highlights.set(name, made);
  return made;
}
