/** What was posted to the stream, and what was said of the stream itself, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { HistoryDetails } from '../../agent/core/views/history-entry.js';
import type { EntryWords } from './entry-words.js';

type DetailsOf<Kind extends HistoryDetails['kind']> = Extract<HistoryDetails, { kind: Kind }>;

/** Somebody posted an event, paused or resumed the stream, or set its limit. */
export function streamWords(
  details: DetailsOf<'posted' | 'stream-paused' | 'stream-resumed' | 'stream-limit'>,
  trans: TranslationBundle
): EntryWords {
  const look = { kind: 'notebook', icon: 'settings' } as const;
  switch (details.kind) {
    case 'posted':
      return { ...look, icon: 'add', sentence: trans.__('posted %1', details.type) };
    case 'stream-paused':
      return {
        ...look,
        icon: 'stop',
        tone: 'problem',
        sentence: trans.__('paused the stream'),
        preview: details.reason ?? ''
      };
    case 'stream-resumed':
      return {
        ...look,
        icon: 'run',
        sentence: trans.__('resumed the stream'),
        preview: details.reason ?? ''
      };
    case 'stream-limit':
      return {
        ...look,
        sentence: trans.__(
          'set the limit of the stream to %1 events in %2 s',
          details.events,
          details.seconds
        )
      };
  }
}
