/** What was posted to the stream, and what was said of the stream itself, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { HistoryDetails } from '../../agent/core/views/history-entry.js';
import type { EntryWords } from './entry-words.js';
import { byteWords } from './sizes.js';

type DetailsOf<Kind extends HistoryDetails['kind']> = Extract<HistoryDetails, { kind: Kind }>;

/** Somebody posted an event, paused or resumed the stream, or set its limit. */
export function streamWords(
  details: DetailsOf<
    | 'posted'
    | 'stream-paused'
    | 'stream-resumed'
    | 'stream-limit'
    | 'stream-rule'
    | 'checkpointed'
    | 'redacted'
    | 'artifact'
  >,
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
    case 'stream-rule':
      return { ...look, sentence: ruleSentence(details, trans) };
    case 'checkpointed':
      return { ...look, sentence: trans.__('signed the record of %1 events', details.size) };
    case 'redacted':
      return {
        ...look,
        icon: 'clear',
        sentence: trans.__('erased the payload of event %1', details.offset),
        preview: details.reason
      };
    case 'artifact':
      return details.bytes === null
        ? {
            ...look,
            icon: 'clear',
            routine: true,
            sentence: trans.__('removed output that nothing refers to')
          }
        : {
            ...look,
            routine: true,
            sentence: trans.__('stored %1 of output beside the notebook', byteWords(details.bytes)),
            preview: details.mediaType ?? ''
          };
  }
}

function ruleSentence(
  { rule, subject }: DetailsOf<'stream-rule'>,
  trans: TranslationBundle
): string {
  switch (rule) {
    case 'stream.closed':
      return trans.__('closed the stream');
    case 'stream.retention-configured':
      return trans.__('set how long the stream is kept');
    case 'stream.trimmed':
      return trans.__('trimmed the stream');
    case 'stream.deleted':
      return trans.__('deleted the stream %1', subject);
    case 'stream.made-public':
      return trans.__('made the stream public');
    case 'stream.made-private':
      return trans.__('made the stream private');
    case 'access.granted':
      return trans.__('let %1 use the stream', subject);
    case 'access.revoked':
      return trans.__('took the stream from %1', subject);
    case 'schedule.configured':
      return trans.__('set the schedule %1', subject);
    case 'schedule.cancelled':
      return trans.__('cancelled the schedule %1', subject);
    case 'schedule.fired':
      return trans.__('the schedule %1 was due', subject);
    case 'subscription.configured':
      return trans.__('set the subscription %1', subject);
    case 'subscription.removed':
      return trans.__('removed the subscription %1', subject);
    case 'subscription.parked':
      return trans.__('parked the subscription %1', subject);
    case 'subscription.resumed':
      return trans.__('resumed the subscription %1', subject);
    case 'transformer.configured':
      return trans.__('set the transformer %1', subject);
    case 'transformer.removed':
      return trans.__('removed the transformer %1', subject);
    case 'transformer.failed':
      return trans.__('the transformer %1 failed', subject);
  }
}
