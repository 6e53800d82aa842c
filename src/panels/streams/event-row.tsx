/** One event in one line: its place, when, who, what. Unfolded: the whole event as the API gives it. */
import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { memo } from 'react';
import type { Event } from '../../../schema/index.js';
import { actorColor, actorWords, assuranceWords } from '../../words/actors.js';
import { eventJson, isOwnType, shortText, typeOf } from '../../words/event-line.js';
import { exactWords, tickWords } from '../../words/time.js';
import { useMeasuredRow } from '../controls/measured-row.js';

export interface EventRowProps {
  readonly event: Event;
  readonly expanded: boolean;
  /** Has the keyboard's place in the list. */
  readonly current: boolean;
  readonly position: number;
  readonly count: number;
  readonly trans: TranslationBundle;
  /** Address of the page that explains a type. */
  readonly docsOf: (type: string) => string;
  readonly onToggle: (offset: number) => void;
  /** The height in px of an unfolded row, told when it is drawn and when it changes. */
  readonly onHeight: (offset: number, height: number) => void;
}

export const EventRow = memo(function EventRow(props: EventRowProps) {
  const { event, expanded, current, trans, onHeight } = props;
  const row = useMeasuredRow(event.offset, onHeight, expanded);

  const at = Date.parse(event.at);
  const Icon = expanded ? caretDownIcon : caretRightIcon;
  const assurance = assuranceWords(event.actor, event.assurance, trans);
  return (
    <div
      ref={row}
      role="listitem"
      className="jp-ColophonStreams-event"
      data-offset={event.offset}
      aria-posinset={props.position}
      aria-setsize={props.count}
    >
      <button
        type="button"
        className="jp-ColophonStreams-line"
        data-current={current}
        aria-expanded={expanded}
        tabIndex={current ? 0 : -1}
        onClick={() => props.onToggle(event.offset)}
      >
        <Icon.react tag="span" className="jp-ColophonStreams-caret" stylesheet="menuItem" />
        <span className="jp-ColophonStreams-offset">{event.offset}</span>
        <time dateTime={event.at} title={exactWords(at)}>
          {tickWords(at, Date.now())}
        </time>
        <span className="jp-ColophonStreams-actor" title={actorWords(event.actor, trans)}>
          <span
            aria-hidden="true"
            className="jp-ColophonStreams-dot"
            style={{ backgroundColor: actorColor(event.actor) }}
          />
          {actorWords(event.actor, trans)}
        </span>
        <span className="jp-ColophonStreams-type" title={typeOf(event)}>
          {typeOf(event)}
        </span>
        <span className="jp-ColophonStreams-text">
          {assurance !== undefined && (
            <span className="jp-ColophonStreams-assurance" data-assurance={event.assurance}>
              {assurance}
            </span>
          )}
          {shortText(event)}
        </span>
      </button>
      {expanded && <Whole {...props} />}
    </div>
  );
});

function Whole({ event, trans, docsOf }: EventRowProps) {
  const json = eventJson(event);
  return (
    <div className="jp-ColophonStreams-whole">
      <div className="jp-ColophonStreams-wholeBar">
        <button
          type="button"
          className="jp-ColophonButton"
          onClick={() => Clipboard.copyToSystem(json)}
        >
          {trans.__('Copy JSON')}
        </button>
        {isOwnType(event) && (
          <a href={docsOf(event.type)} target="_blank" rel="noreferrer">
            {trans.__('What %1 means', event.type)}
          </a>
        )}
      </div>
      <pre tabIndex={0} aria-label={trans.__('Event %1', event.offset)}>
        {json}
      </pre>
    </div>
  );
}
