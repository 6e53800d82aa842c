/** What is kept outside the document, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { reasonOf } from '../../../agent/core/explain.js';
import { errorNote, restNote, streamNote } from '../../../agent/core/outputs/spill-words.js';
import type { ArtifactLink, GrowingLink } from '../../../schema/artifact.js';
import { RefusedError, UnreachableError } from '../../client/problem.js';
import type { LineSearch } from './line-search.js';
import { byteWords } from '../../words/sizes.js';

/** As `12.3 MB, 1,000,000 lines`; `so far` while it grows. */
export function sizeWords(link: ArtifactLink | GrowingLink, trans: TranslationBundle): string {
  const bytes = byteWords(link.bytes);
  const { lines } = link;
  const size =
    lines === undefined
      ? bytes
      : trans._n('%2, %3 line', '%2, %3 lines', lines, bytes, lines.toLocaleString());
  return 'upload' in link ? trans.__('%1 so far', size) : size;
}

/** What stands outside, and how much: nothing but the size for a stream. */
export function titleOf(name: string, size: string, trans: TranslationBundle): string {
  switch (name) {
    case 'outputs':
      return trans.__('Further outputs: %1', size);
    case 'traceback':
      return trans.__('All of the error: %1', size);
    default:
      return size;
  }
}

/** The usual notes of what is no stream. */
const NOTES: Readonly<Record<string, typeof streamNote>> = {
  outputs: restNote,
  traceback: errorNote
};

/** The note beside a text, if it says that something is amiss; the usual one says what the title says. */
export function oddNote(name: string, bytes: number, note: string): string {
  return note === (NOTES[name] ?? streamNote)(bytes) ? '' : note;
}

/** Why something cannot be shown, for a person. */
export function troubleWords(reason: unknown, trans: TranslationBundle): string {
  if (reason instanceof UnreachableError) {
    return trans.__('Colophon does not answer: %1', reason.message);
  }
  if (!(reason instanceof RefusedError)) {
    return trans.__('This could not be shown: %1', reasonOf(reason));
  }
  switch (reason.status) {
    case 404:
    case 410:
      return trans.__(
        'This output is not kept here any more. Run the cell again to have it anew. (%1)',
        reason.detail
      );
    case 403:
      return trans.__(
        'You may not see this output. %1 If you should, ask whoever runs this server.',
        reason.detail
      );
    default:
      return reason.detail;
  }
}

/** As `3 of 812`, `3 of 1,000+`, `No match`; empty while nothing is searched. */
export function countWords(
  search: Pick<LineSearch, 'needle' | 'matches' | 'current' | 'isComplete' | 'isSearching'>,
  trans: TranslationBundle
): string {
  const { length } = search.matches;
  if (search.needle === undefined) {
    return '';
  }
  if (length === 0) {
    return search.isSearching || !search.isComplete ? trans.__('Searching…') : trans.__('No match');
  }
  const known = length.toLocaleString();
  const all = search.isComplete ? known : trans.__('%1+', known);
  return trans.__('%1 of %2', (search.current + 1).toLocaleString(), all);
}

/** The name of a file with these bytes, as `stdout.txt` or `output.png`. */
export function fileName(mediaType: string, stem = 'output'): string {
  const [kind = '', sub = ''] = (mediaType.split(';')[0] ?? '').trim().toLowerCase().split('/');
  const known: Readonly<Record<string, string>> = {
    plain: 'txt',
    javascript: 'js',
    markdown: 'md',
    latex: 'tex',
    jpeg: 'jpg'
  };
  const suffix = sub.includes('+') ? sub.slice(sub.lastIndexOf('+') + 1) : sub;
  const own = kind === 'image' && sub.startsWith('svg') ? 'svg' : (known[suffix] ?? suffix);
  return /^[a-z0-9]{1,8}$/.test(own) ? `${stem}.${own}` : `${stem}.bin`;
}
