/** The chosen stream reduced to what is true of it now, as the host says it; renewed as events come. */
import { Clipboard } from '@jupyterlab/apputils';
import type { ReactNode } from 'react';
import type { StreamState } from '../../client/stream-state.js';
import { exactWords } from '../../words/time.js';
import type { DeskModel } from './desk-model.js';
import { StandingView } from './standing-view.js';
import { accessWords, retentionWords, takesWords } from './rule-words.js';

/** So many streams below are named one by one. */
const NAMED_AT_MOST = 50;

export function StateView({ desk }: { desk: DeskModel }) {
  const { trans } = desk.streams;
  const { known } = desk;
  switch (known.kind) {
    case 'loading':
      return <Sentence>{trans.__('Loading…')}</Sentence>;
    case 'nothing':
      return <Sentence>{trans.__('Nothing has happened in this stream yet.')}</Sentence>;
    case 'refused':
      return <Sentence>{known.detail}</Sentence>;
    case 'known':
      return <State desk={desk} state={known.state} />;
  }
}

function Sentence({ children }: { children: string }) {
  return (
    <p className="jp-ColophonStreams-empty" role="status">
      {children}
    </p>
  );
}

function State({ desk, state }: { desk: DeskModel; state: StreamState }) {
  const { trans } = desk.streams;
  const { createdAt, eventCount, limit } = state;
  const json = JSON.stringify(state, null, 2);
  return (
    <div className="jp-ColophonStreams-state">
      <dl>
        <Fact name={trans.__('Events')}>
          {createdAt === null
            ? trans.__('none in it, only below it')
            : trans.__(
                '%1, the first at %2',
                eventCount.toLocaleString(),
                exactWords(Date.parse(createdAt))
              )}
        </Fact>
        <Fact name={trans.__('Takes posts')}>{takesWords(state, trans)}</Fact>
        <Fact name={trans.__('Used by')}>{accessWords(state, trans)}</Fact>
        <Fact name={trans.__('Keeps')}>{retentionWords(state, trans)}</Fact>
        <Fact name={trans.__('Limit')}>
          {trans.__(
            'more than %1 events in %2 s pause it',
            limit.events.toLocaleString(),
            limit.seconds
          )}
        </Fact>
        <Fact name={trans.__('Below it')}>
          <Below desk={desk} paths={state.childPaths} />
        </Fact>
      </dl>
      <StandingView desk={desk} state={state} />
      <details>
        <summary>{trans.__('As JSON')}</summary>
        <button
          type="button"
          className="jp-ColophonButton"
          onClick={() => Clipboard.copyToSystem(json)}
        >
          {trans.__('Copy JSON')}
        </button>
        <pre tabIndex={0} aria-label={trans.__('State as JSON')}>
          {json}
        </pre>
      </details>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Below({ desk, paths }: { desk: DeskModel; paths: StreamState['childPaths'] }) {
  const { streams } = desk;
  const { trans } = streams;
  if (paths.length === 0) {
    return <>{trans.__('no streams')}</>;
  }
  const left = paths.length - NAMED_AT_MOST;
  return (
    <ul className="jp-ColophonStreams-links">
      {paths.slice(0, NAMED_AT_MOST).map(path => (
        <li key={path}>
          <button
            type="button"
            className="jp-ColophonStreams-link"
            onClick={() => streams.choose(path)}
          >
            {streams.titleOf(path)}
          </button>
        </li>
      ))}
      {left > 0 && <li>{trans._n('and %2 more', 'and %2 more', left, left.toLocaleString())}</li>}
    </ul>
  );
}
