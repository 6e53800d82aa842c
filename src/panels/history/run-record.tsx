/**
 * The record of a run below its expanded entry: asked for when the entry is opened, and the same after
 * the cell was run again, and after it was deleted.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';
import { reasonOf } from '../../../agent/core/explain.js';
import type { WholeRecord } from '../../../agent/core/views/execution-record.js';
import type { ExecutionId } from '../../../schema/index.js';
import { recordDetails } from '../../words/record-words.js';
import type { EntryDetail } from '../../words/entry.js';
import { DetailSections } from './detail-sections.js';

/** Gets the record of a run; rejects with words for a person. */
export type RecordOf = (executionId: ExecutionId) => Promise<WholeRecord>;

export interface RunRecordProps {
  readonly executionId: ExecutionId;
  readonly trans: TranslationBundle;
  readonly onRecord: RecordOf;
}

export function RunRecord({ executionId, trans, onRecord }: RunRecordProps) {
  const [details, setDetails] = useState<readonly EntryDetail[]>([]);
  useEffect(() => {
    let shown = true;
    onRecord(executionId).then(
      record => shown && setDetails(recordDetails(record, trans)),
      (reason: unknown) =>
        shown && setDetails([{ label: trans.__('Record'), text: reasonOf(reason), look: 'words' }])
    );
    return () => {
      shown = false;
    };
  }, [executionId, trans, onRecord]);
  return <DetailSections details={details} />;
}
