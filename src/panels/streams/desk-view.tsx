/** Below the events: two tabs, one to write an event, one that says what is true of the stream now. */
import type { KeyboardEvent } from 'react';
import { ComposeView } from './compose-view.js';
import type { DeskModel, DeskTab } from './desk-model.js';
import { StateView } from './state-view.js';

const TABS: readonly DeskTab[] = ['compose', 'state'];

export function DeskView({ desk }: { desk: DeskModel }) {
  const { trans, chosen } = desk.streams;
  if (chosen === undefined) {
    return <></>;
  }
  const labels = { compose: trans.__('Compose'), state: trans.__('State') };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault();
      const other = TABS.find(tab => tab !== desk.tab) ?? 'compose';
      desk.tab = other;
      event.currentTarget.querySelector<HTMLElement>(`[data-tab="${other}"]`)?.focus();
    }
  };
  return (
    <>
      <div
        role="tablist"
        className="jp-ColophonStreams-tabs"
        aria-label={trans.__('About this stream')}
        onKeyDown={onKeyDown}
      >
        {TABS.map(tab => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`colophon-streams-tab-${tab}`}
            data-tab={tab}
            aria-selected={tab === desk.tab}
            aria-controls="colophon-streams-desk"
            tabIndex={tab === desk.tab ? 0 : -1}
            onClick={() => {
              desk.tab = tab;
            }}
          >
            {labels[tab]}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id="colophon-streams-desk"
        className="jp-ColophonStreams-desk"
        aria-labelledby={`colophon-streams-tab-${desk.tab}`}
      >
        {desk.tab === 'compose' ? <ComposeView desk={desk} /> : <StateView desk={desk} />}
      </div>
    </>
  );
}
