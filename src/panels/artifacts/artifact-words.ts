/** What is kept outside the document, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ArtifactLink, GrowingLink } from '../../../schema/artifact.js';
import { wordsOf } from '../../client/api.js';
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

/** Why something cannot be shown, for a person. */
export function troubleWords(reason: unknown, trans: TranslationBundle): string {
  if (reason instanceof UnreachableError) {
    return trans.__('Colophon does not answer: %1', reason.message);
  }
  if (!(reason instanceof RefusedError)) {
    return trans.__('This could not be shown: %1', wordsOf(reason));
  }
  switch (reason.status) {
    case 404:
    case 410:
      return trans.__('This output is not kept any more: %1', reason.detail);
    case 401:
    case 403:
      return trans.__('You may not see this output: %1', reason.detail);
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
