/** Above the events: which stream it is, whether it is live, whether it is paused, and what to do. */
import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { fileIdOf } from '../../../schema/index.js';
import type { TailState } from '../../client/tail.js';
import { bannerWords } from '../../words/history-states.js';
import { exactWords } from '../../words/time.js';
import { Banner } from '../controls/banner.js';
import { tailCommand } from './curl.js';
import type { DeskModel } from './desk-model.js';
import { deleteStream, openNotebook, setPaused } from './stream-deeds.js';
import { tellCopied } from './tell-copied.js';

export function HeaderView({ desk }: { desk: DeskModel }) {
  const { streams, state } = desk;
  const { chosen, log, trans, colophon } = streams;
  if (chosen === undefined || log === undefined) {
    return <></>;
  }
  const mayNot = log.refusal !== undefined;
  const banner = mayNot ? undefined : bannerWords(colophon.status.current, log, trans);
  const isNotebook = fileIdOf(chosen) !== undefined;
  const { closed = null, paused = null } = state ?? {};
  const name = streams.titleOf(chosen);
  return (
    <>
      <header className="jp-ColophonStreams-header">
        <div className="jp-ColophonStreams-title">
          <h2 title={chosen}>{name}</h2>
          {name !== chosen && <span className="jp-ColophonStreams-path">{chosen}</span>}
          {log.isLoaded && (
            <span className="jp-ColophonStreams-total">
              {trans._n('%2 event', '%2 events', log.count, log.count.toLocaleString())}
            </span>
          )}
          <span
            className="jp-ColophonStreams-connection"
            data-kind={log.connection.kind}
            role="status"
          >
            {mayNot ? trans.__('not yours to read') : connectionWords(log.connection, trans)}
          </span>
        </div>
        <div className="jp-ColophonStreams-actions">
          {isNotebook && (
            <button
              type="button"
              className="jp-ColophonButton"
              onClick={() => void openNotebook(desk)}
            >
              {trans.__('Open notebook')}
            </button>
          )}
          <button
            type="button"
            className="jp-ColophonButton"
            disabled={mayNot || closed !== null}
            onClick={() => void setPaused(desk, paused === null)}
          >
            {paused === null ? trans.__('Pause stream…') : trans.__('Resume stream')}
          </button>
          <button
            type="button"
            className="jp-ColophonButton"
            title={trans.__('A command for a shell that follows this stream')}
            onClick={() => {
              Clipboard.copyToSystem(tailCommand(colophon.api.addressOf(chosen)));
              tellCopied(trans);
            }}
          >
            {trans.__('Copy as curl')}
          </button>
          <button
            type="button"
            className="jp-ColophonButton"
            disabled={mayNot}
            onClick={() => void deleteStream(desk)}
          >
            {trans.__('Delete…')}
          </button>
        </div>
      </header>
      {closed !== null && (
        <Banner
          tone="warning"
          title={trans.__('This stream is closed for ever.')}
          detail={trans.__('since %1; posts are refused', exactWords(Date.parse(closed)))}
        />
      )}
      {paused !== null && closed === null && (
        <Banner
          tone="warning"
          title={trans.__('This stream is paused.')}
          detail={
            (paused.reason ? `${paused.reason} · ` : '') +
            trans.__('since %1; posts are refused', exactWords(Date.parse(paused.at)))
          }
        />
      )}
      {banner !== undefined && <Banner {...banner} />}
    </>
  );
}

function connectionWords(state: TailState, trans: TranslationBundle): string {
  switch (state.kind) {
    case 'connected':
      return trans.__('live');
    case 'connecting':
      return trans.__('connecting…');
    case 'waiting':
      return trans.__('not begun yet');
    case 'lost':
      return trans.__('reconnecting…');
  }
}
