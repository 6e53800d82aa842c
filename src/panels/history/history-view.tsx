/** The history panel's face: a heading with filters, a banner if what is shown may be old, the list. */
import { HTMLSelect } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ReactElement, useEffect, useState } from 'react';
import { actorKey, actorName } from '../../words/actors.js';
import { ENTRY_KINDS, type KindChoice, type ShownEntry } from '../../words/entry.js';
import { isOpen } from '../../words/entry-filter.js';
import { bannerWords, emptyWords, footWords, kindWords } from '../../words/history-states.js';
import { Banner } from '../controls/banner.js';
import { EntryList, type EntryListProps } from './entry-list.js';
import type { HistoryModel } from './history-model.js';

/** "5 min ago" grows old: once in a while, in ms. */
const REFRESH_TIMES = 20_000;

export interface HistoryViewProps {
  readonly model: HistoryModel;
  readonly onOpen: (entry: ShownEntry) => void;
  readonly onNearEnd: () => void;
  readonly onRecord: EntryListProps['onRecord'];
}

export function HistoryView({
  model,
  onOpen,
  onNearEnd,
  onRecord
}: HistoryViewProps): ReactElement {
  const { colophon, store, trans, panel, entries } = model;
  const now = useNow();
  const banner = bannerWords(colophon.status.current, store, trans);
  return (
    <>
      <header className="jp-ColophonHistory-header">
        <h2>{panel?.title.label ?? trans.__('History')}</h2>
        {store !== undefined && <Filters model={model} />}
      </header>
      {banner !== undefined && <Banner {...banner} />}
      {entries.length === 0 ? (
        <>
          <Empty words={emptyWords(panel !== undefined, store, isOpen(model.filter), trans)} />
          {store?.hasOlder === true && <LoadOlder onNearEnd={onNearEnd} trans={trans} />}
        </>
      ) : (
        <EntryList
          key={store?.stream ?? ''}
          entries={entries}
          now={Math.max(now, entries[0]?.at ?? 0)}
          relativeTime={colophon.settings.current.relativeTime}
          trans={trans}
          onOpen={onOpen}
          onNearEnd={onNearEnd}
          onRecord={onRecord}
          foot={store === undefined ? '' : footWords(store, trans)}
        />
      )}
    </>
  );
}

function Empty({ words }: { words: string }) {
  return (
    <div className="jp-ColophonHistory-empty" role="status">
      {words}
    </div>
  );
}

function LoadOlder({ onNearEnd, trans }: { onNearEnd: () => void; trans: TranslationBundle }) {
  return (
    <button type="button" className="jp-ColophonButton" onClick={onNearEnd}>
      {trans.__('Look further back')}
    </button>
  );
}

function Filters({ model }: { model: HistoryModel }) {
  const { trans, filter } = model;
  const { actor: _actor, ...withoutActor } = filter;
  const { cellId, ...withoutCell } = filter;
  const place = cellId && model.placeOf(cellId);
  return (
    <div className="jp-ColophonHistory-filters">
      <HTMLSelect
        aria-label={trans.__('Filter by who')}
        value={filter.actor ?? ''}
        onChange={({ target: { value } }) => {
          model.filter = value === '' ? withoutActor : { ...filter, actor: value };
        }}
      >
        <option value="">{trans.__('Everyone')}</option>
        {model.actors.map(actor => (
          <option key={actorKey(actor)} value={actorKey(actor)}>
            {actorName(actor, trans)}
          </option>
        ))}
      </HTMLSelect>
      <HTMLSelect
        aria-label={trans.__('Filter by what')}
        value={model.kind}
        onChange={({ target: { value } }) => {
          model.filter = { ...filter, kind: value as KindChoice };
        }}
      >
        {(['deeds', 'everything', ...ENTRY_KINDS] as const).map(kind => (
          <option key={kind} value={kind}>
            {kindWords(kind, trans)}
          </option>
        ))}
      </HTMLSelect>
      {cellId !== undefined && (
        <button
          type="button"
          className="jp-ColophonHistory-chip"
          title={trans.__('Show all cells')}
          onClick={() => {
            model.filter = withoutCell;
          }}
        >
          {place === undefined ? trans.__('Deleted cell') : trans.__('Cell %1', place)}
          <span aria-hidden="true"> ×</span>
        </button>
      )}
    </div>
  );
}

/** The present moment in ms, renewed now and then and at each rendering that has news. */
function useNow(): number {
  const [, renew] = useState(0);
  useEffect(() => {
    const clock = setInterval(() => renew(count => count + 1), REFRESH_TIMES);
    return () => clearInterval(clock);
  }, []);
  return Math.floor(Date.now() / 5_000) * 5_000;
}
