/** What the history panel says when there is more to say than entries. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { KnownStatus } from '../client/status.js';
import type { TailState } from '../client/tail.js';
import type { KindChoice } from './entry.js';
import { exactWords } from './time.js';

/** What the words depend on, of a notebook's store. */
export interface StreamState {
  readonly connection: TailState;
  /** In ms; undefined if never connected. */
  readonly asOf: number | undefined;
  readonly isLoaded: boolean;
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
}

export interface BannerWords {
  readonly tone: 'warning' | 'problem';
  readonly title: string;
  readonly detail: string;
}

/** Above the list: why it may be old. Undefined if all is well. */
export function bannerWords(
  known: KnownStatus,
  stream: StreamState | undefined,
  trans: TranslationBundle
): BannerWords | undefined {
  if (known.kind === 'known' && known.status.state !== 'running' && known.status.problem) {
    const { summary, remedy } = known.status.problem;
    return { tone: 'problem', title: summary, detail: remedy };
  }
  if (known.kind === 'known' && known.status.state === 'stopped') {
    return {
      tone: 'warning',
      title: trans.__('Colophon is stopped.'),
      detail: trans.__('Nothing is lost: what happens is kept, and shown when it is started again.')
    };
  }
  if (stream?.connection.kind !== 'lost') {
    return undefined;
  }
  return {
    tone: 'warning',
    title: trans.__('Not connected.'),
    detail:
      stream.asOf === undefined
        ? trans.__('Reconnecting… (%1)', stream.connection.reason)
        : trans.__('Shown as of %1; reconnecting…', exactWords(stream.asOf))
  };
}

/** In place of the list, when it is empty. `unfiltered`: nothing is left out by a filter. */
export function emptyWords(
  notebookOpen: boolean,
  stream: StreamState | undefined,
  unfiltered: boolean,
  trans: TranslationBundle
): string {
  if (!notebookOpen) {
    return trans.__('Open a notebook to see who did what in it.');
  }
  if (stream === undefined) {
    return trans.__('This notebook is not collaborative, so Colophon keeps no history of it.');
  }
  if (!stream.isLoaded) {
    return stream.connection.kind === 'lost' ? '' : trans.__('Loading…');
  }
  return unfiltered
    ? trans.__('Nobody has done anything here yet.')
    : trans.__('Nothing here matches the filter.');
}

/** Below the last entry. */
export function footWords(stream: StreamState, trans: TranslationBundle): string {
  if (stream.isLoadingOlder) {
    return trans.__('Loading older entries…');
  }
  return stream.hasOlder ? '' : trans.__('The beginning of the history.');
}

/** A choice of the filter by kind. */
export function kindWords(kind: KindChoice, trans: TranslationBundle): string {
  switch (kind) {
    case 'deeds':
      return trans.__('Main events');
    case 'everything':
      return trans.__('Everything');
    case 'edit':
      return trans.__('Edits');
    case 'run':
      return trans.__('Runs');
    case 'cell':
      return trans.__('Cells');
    case 'output':
      return trans.__('Outputs');
    case 'notebook':
      return trans.__('Notebook');
    case 'agent':
      return trans.__('Agent and kernel');
  }
}
