/** Lines of a file in pages, and where a text stands in them; each answer bounded in size and time. */
import type { FileHandle } from 'node:fs/promises';
import type { LinePage, Match, MatchPage, SearchQuery } from '../ports/artifacts.js';
import type { LineIndex } from './line-index.js';
import { linePieces } from './line-scan.js';

/** In UTF-16 units. */
const LONGEST_LINE = 10_000;
const LONGEST_PAGE = 2_000_000;
const CONTEXT = 120;
const SEARCH_MS = 1_000;
/** What means something in a pattern. */
const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;

/** Lines `from` … `from + count - 1`; fewer if they are long. `index` has read up to `size`. */
export async function readLines(
  file: FileHandle,
  index: LineIndex,
  size: number,
  { from, count }: { readonly from: number; readonly count: number }
): Promise<LinePage> {
  const { total } = index;
  const lines: string[] = [];
  const cut: number[] = [];
  let [length, line] = [0, ''];
  if (from < total && count > 0) {
    for await (const piece of linePieces(file, index.before(from), size)) {
      if (piece.line < from) {
        continue;
      }
      const room = LONGEST_LINE - line.length;
      if (piece.text.length > room && cut.at(-1) !== piece.line) {
        cut.push(piece.line);
      }
      line += piece.text.slice(0, Math.max(0, room));
      if (piece.last) {
        lines.push(wellFormed(line.replace(/\r$/, '')));
        length += line.length;
        line = '';
        if (lines.length === count || length > LONGEST_PAGE) {
          break;
        }
      }
    }
  }
  return { from, total, lines, ...(cut.length > 0 && { cut }) };
}

/** Matches from line `query.from` on. `now`: a clock in ms. */
export async function searchLines(
  file: FileHandle,
  index: LineIndex,
  size: number,
  query: SearchQuery,
  now: () => number
): Promise<MatchPage> {
  const { from, limit, text, matchCase } = query;
  if (from >= index.total || text === '') {
    return { matches: [], next: null };
  }
  const pattern = new RegExp(text.replace(SYNTAX, '\\$&'), matchCase ? 'gu' : 'giu');
  const until = now() + SEARCH_MS;
  const after = (line: number) => (line + 1 < index.total ? line + 1 : null);
  const matches: Match[] = [];
  let ofLine: Match[] = [];
  let carried = '';
  for await (const piece of linePieces(file, index.before(from), size)) {
    if (piece.line < from) {
      continue;
    }
    const { line } = piece;
    // A match may stand across the border of two pieces.
    const begins = piece.from - carried.length;
    const window = carried + piece.text;
    const searched = ofLine.at(-1);
    pattern.lastIndex = Math.max(0, searched ? searched.at + searched.length - begins : 0);
    for (let found = pattern.exec(window); found !== null; found = pattern.exec(window)) {
      if (ofLine.length < limit) {
        ofLine.push(matchOf(window, begins, found.index, found[0].length, line));
      }
    }
    carried = piece.last ? '' : window.slice(-(2 * text.length + CONTEXT));
    if (!piece.last) {
      if (now() <= until) {
        continue;
      }
      // The rest of a line that long is passed over.
      return { matches: [...matches, ...ofLine].slice(0, limit), next: after(line) };
    }
    if (matches.length > 0 && matches.length + ofLine.length > limit) {
      return { matches, next: line };
    }
    matches.push(...ofLine);
    ofLine = [];
    if (matches.length >= limit || now() > until) {
      return { matches, next: after(line) };
    }
  }
  return { matches, next: null };
}

function matchOf(window: string, begins: number, at: number, length: number, line: number): Match {
  const start = Math.max(0, at - CONTEXT);
  const text = wellFormed(window.slice(start, at + Math.min(length, CONTEXT) + CONTEXT / 2));
  return { line, at: begins + at, length, text, textFrom: begins + start };
}

/** Half a surrogate pair becomes U+FFFD, so that lengths stay. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}
