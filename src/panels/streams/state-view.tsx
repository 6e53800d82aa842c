/** The chosen stream reduced to what is true of it now, as the host says it; renewed as events come. */
import type { DeskModel } from './desk-model.js';

export function StateView({ desk }: { desk: DeskModel }) {
  const { state, streams } = desk;
  if (state === undefined) {
    return (
      <p className="jp-ColophonStreams-empty">
        {streams.trans.__('Nothing has happened in this stream yet.')}
      </p>
    );
  }
  return (
    <dl className="jp-ColophonStreams-state">
      {Object.entries(state).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{shown(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shown(value: unknown) {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? (
    <pre>{JSON.stringify(value, null, 2)}</pre>
  ) : (
    <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
  );
}
