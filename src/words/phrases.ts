/** Pieces that the sentences of the history share. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CellId } from '../../schema/index.js';
import type { CellPlaces } from '../store/cell-places.js';
import type { EntryDetail } from './entry.js';

/** What words depend on besides the events. */
export interface WordContext {
  readonly places: CellPlaces;
  readonly trans: TranslationBundle;
}

/** Longest piece of source that a detail shows, in UTF-16 code units. */
const LONGEST_DETAIL = 4_000;

/** "cell 3", "cells 3, 4 and 5", "12 cells", "a deleted cell". `cellIds` each once. */
export function cellsWords(cellIds: readonly CellId[], { places, trans }: WordContext): string {
  const known = cellIds.flatMap(cellId => places.get(cellId) ?? []).sort((a, b) => a - b);
  const gone = cellIds.length - known.length;
  if (cellIds.length > 4 || (gone > 0 && cellIds.length > 1)) {
    return trans._n('%1 cell', '%1 cells', cellIds.length, cellIds.length);
  }
  if (gone > 0) {
    return trans.__('a deleted cell');
  }
  const [only] = known;
  return known.length === 1 && only !== undefined
    ? trans.__('cell %1', only)
    : trans.__('cells %1', known.join(', '));
}

/** The first line with something in it. */
export function firstLine(text: string): string {
  return (
    text
      .split('\n')
      .find(line => line.trim() !== '')
      ?.trim() ?? ''
  );
}

/** A text as a detail, cut where it is too long. */
export function textDetail(
  label: string,
  text: string,
  look: EntryDetail['look'],
  trans: TranslationBundle
): EntryDetail {
  const shown =
    text.length <= LONGEST_DETAIL
      ? text
      : `${text.slice(0, LONGEST_DETAIL)}\n${trans.__('… %1 more characters', text.length - LONGEST_DETAIL)}`;
  return { label, text: shown, look };
}
