/** Lines of a text that comes as bytes. */

const LINE_END = 10;

/** How many lines end in these bytes of a UTF-8 text. */
export function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) {
    count += 1;
  }
  return count;
}
