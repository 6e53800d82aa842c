/**
 * The events of the chosen stream as they come, newest at the bottom: the bar with the filter and the
 * button that holds the view, the list, and a button that goes on to what came meanwhile.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useCallback } from 'react';
import type { StreamLog } from '../../store/stream-log.js';
import { SearchField } from '../controls/search-field.js';
import { EventList } from './event-list.js';
import { OlderButton } from './older-button.js';
import type { StreamsModel } from './streams-model.js';

export function LogView({ model }: { model: StreamsModel }) {
  const { log, trans, events } = model;
  const docsOf = useCallback((type: string) => model.colophon.api.docsOf(type), [model]);
  if (log === undefined) {
    return (
      <p className="jp-ColophonStreams-empty" role="status">
        {trans.__('Choose a stream to see what happens in it.')}
      </p>
    );
  }
  return (
    <>
      <div className="jp-ColophonStreams-logBar">
        <SearchField
          label={trans.__('Filter the events')}
          placeholder={trans.__('Filter: any words, type:… by:… text:… -not')}
          value={model.filter}
          onChange={value => {
            model.filter = value;
          }}
        />
        <span className="jp-ColophonStreams-shown" role="status">
          {model.filter !== '' &&
            trans.__(
              '%1 of %2 loaded events',
              events.length.toLocaleString(),
              log.events.length.toLocaleString()
            )}
        </span>
        <button
          type="button"
          className="jp-ColophonButton"
          aria-pressed={log.isPaused}
          title={trans.__('Hold this view as it is. The stream itself goes on.')}
          onClick={() => (log.isPaused ? log.follow() : log.pause())}
        >
          {log.isPaused ? trans.__('Resume view') : trans.__('Pause view')}
        </button>
      </div>
      {events.length === 0 ? (
        <div className="jp-ColophonStreams-empty">
          <p role="status">{emptyWords(model, log)}</p>
          {log.hasOlder && <OlderButton log={log} trans={trans} />}
        </div>
      ) : (
        <EventList key={model.opening} log={log} events={events} trans={trans} docsOf={docsOf} />
      )}
      {!log.isFollowing && log.refusal === undefined && (
        <button type="button" className="jp-ColophonStreams-newest" onClick={() => log.follow()}>
          <span aria-hidden="true">↓ </span>
          {log.unseen > 0 ? unseenWords(log, trans) : trans.__('To the newest event')}
        </button>
      )}
      <span role="status" className="jp-ColophonStreams-spoken">
        {log.unseen > 0 && unseenWords(log, trans)}
      </span>
    </>
  );
}

function unseenWords({ unseen }: StreamLog, trans: TranslationBundle): string {
  return trans._n('%2 new event', '%2 new events', unseen, unseen.toLocaleString());
}

function emptyWords({ trans, isDeleted }: StreamsModel, log: StreamLog): string {
  if (log.refusal !== undefined) {
    return log.refusal;
  }
  if (isDeleted) {
    return trans.__('This stream was deleted. What you post below begins another one.');
  }
  if (log.events.length > 0) {
    return trans.__('None of the loaded events fits the filter.');
  }
  if (log.isLoaded) {
    return trans.__('Nothing has happened in this stream yet. What you post below begins it.');
  }
  return log.connection.kind === 'lost' ? '' : trans.__('Loading…');
}
