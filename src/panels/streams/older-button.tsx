/** The button that loads the events before those that are held. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { StreamLog } from '../../store/stream-log.js';

export function OlderButton({ log, trans }: { log: StreamLog; trans: TranslationBundle }) {
  return (
    <button type="button" className="jp-ColophonButton" onClick={() => void log.loadOlder()}>
      {log.isLoadingOlder ? trans.__('Loading…') : trans.__('Look further back')}
    </button>
  );
}
