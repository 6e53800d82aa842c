/** A burst of typing in words: what was written and what was taken away. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Event } from '../../schema/index.js';
import type { EntryWords } from './entry-words.js';
import { firstLine, textDetail } from './phrases.js';

/** @param cells The edited cell in words. */
export function editWords(
  events: readonly Event[],
  cells: string,
  trans: TranslationBundle
): EntryWords {
  const splices = events.flatMap(event =>
    event.type === 'cell.source-changed' ? [event.data.splice] : []
  );
  const inserted = splices.map(splice => splice.inserted).filter(text => text !== '');
  const deleted = splices.map(splice => splice.deleted).filter(text => text !== '');
  const onlyDeleted = inserted.length === 0 && deleted.length > 0;
  const line = firstLine((onlyDeleted ? deleted : inserted).join('\n'));
  return {
    kind: 'edit',
    icon: 'edit',
    sentence: onlyDeleted ? trans.__('deleted text in %1', cells) : trans.__('edited %1', cells),
    preview: line === '' ? '' : `${onlyDeleted ? '−' : '+'} ${line}`,
    details: [
      ...(deleted.length === 0
        ? []
        : [textDetail(trans.__('Deleted'), deleted.join('\n'), 'removed', trans)]),
      ...(inserted.length === 0
        ? []
        : [textDetail(trans.__('Inserted'), inserted.join('\n'), 'added', trans)])
    ]
  };
}
