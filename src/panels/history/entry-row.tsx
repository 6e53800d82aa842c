/** One entry of the history: who, what, when; more when it is expanded. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import { actorColor, actorName, actorWords, assuranceWords, initials } from '../../words/actors.js';
import type { ShownEntry } from '../../words/entry.js';
import { agoWords, clockWords, exactWords } from '../../words/time.js';
import { useMeasuredRow } from '../controls/measured-row.js';
import { DetailSections } from './detail-sections.js';
import { ENTRY_ICONS } from './entry-icon.js';
import { type RecordOf, RunRecord } from './run-record.js';

export interface EntryRowProps {
  readonly entry: ShownEntry;
  readonly now: number;
  readonly relativeTime: boolean;
  readonly expanded: boolean;
  /** Has the keyboard's place in the list. */
  readonly current: boolean;
  readonly position: number;
  readonly count: number;
  readonly trans: TranslationBundle;
  readonly onOpen: (entry: ShownEntry) => void;
  readonly onToggle: (entry: ShownEntry) => void;
  /** The row's height in px, told when it is drawn and when it changes. */
  readonly onHeight: (key: string, height: number) => void;
  readonly onRecord: RecordOf;
}

export const EntryRow = memo(function EntryRow(props: EntryRowProps) {
  const { entry, expanded, current, trans, onHeight } = props;
  const row = useMeasuredRow(entry.key, onHeight);

  const expandable = entry.details.length > 0;
  return (
    <div
      ref={row}
      role="treeitem"
      className="jp-ColophonEntry"
      data-key={entry.key}
      data-tone={entry.tone}
      aria-level={1}
      aria-posinset={props.position}
      aria-setsize={props.count}
      aria-selected={current}
      aria-expanded={expandable ? expanded : undefined}
      tabIndex={current ? 0 : -1}
      onClick={() => props.onOpen(entry)}
    >
      <div className="jp-ColophonEntry-head">
        <Badge entry={entry} trans={trans} />
        <Words {...props} />
        {expandable ? (
          <span
            className="jp-ColophonEntry-toggle"
            title={expanded ? trans.__('Hide details') : trans.__('Show details')}
            onClick={event => {
              event.stopPropagation();
              props.onToggle(entry);
            }}
          >
            {expanded ? (
              <caretDownIcon.react tag="span" stylesheet="menuItem" />
            ) : (
              <caretRightIcon.react tag="span" stylesheet="menuItem" />
            )}
          </span>
        ) : (
          <span className="jp-ColophonEntry-untoggled" />
        )}
      </div>
      {expanded && <Details {...props} />}
    </div>
  );
});

function Badge({ entry, trans }: Pick<EntryRowProps, 'entry' | 'trans'>) {
  const name = actorName(entry.actor, trans);
  const Icon = ENTRY_ICONS[entry.icon];
  return (
    <span className="jp-ColophonEntry-badge" style={{ borderColor: actorColor(entry.actor) }}>
      <span aria-hidden="true">{initials(name)}</span>
      <Icon.react tag="span" className="jp-ColophonEntry-icon" width="10px" height="10px" />
    </span>
  );
}

function Words({ entry, now, relativeTime, trans }: EntryRowProps) {
  const { actor } = entry;
  const assurance = assuranceWords(actor, entry.assurance, trans);
  const who = actorWords(actor, trans);
  const time = (
    <time dateTime={new Date(entry.at).toISOString()} title={exactWords(entry.at)}>
      {relativeTime ? agoWords(entry.at, now, trans) : clockWords(entry.at, now)}
    </time>
  );
  return (
    <div className="jp-ColophonEntry-words">
      <div className="jp-ColophonEntry-line">
        <span className="jp-ColophonEntry-sentence">
          <strong>{who}</strong> {entry.sentence}
        </span>
        {entry.preview === '' && time}
      </div>
      {assurance !== undefined && (
        <span className="jp-ColophonEntry-assurance" data-assurance={entry.assurance}>
          {assurance}
        </span>
      )}
      {entry.preview !== '' && (
        <div className="jp-ColophonEntry-line">
          <span className="jp-ColophonEntry-preview" title={entry.preview}>
            {entry.preview}
          </span>
          {time}
        </div>
      )}
    </div>
  );
}

function Details({ entry, trans, onRecord }: EntryRowProps) {
  return (
    <div className="jp-ColophonEntry-details" onClick={event => event.stopPropagation()}>
      <DetailSections details={entry.details} />
      {entry.executionId !== undefined && (
        <RunRecord executionId={entry.executionId} trans={trans} onRecord={onRecord} />
      )}
    </div>
  );
}
