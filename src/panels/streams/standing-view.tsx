/**
 * What the chosen stream does by itself: its schedules, subscriptions and transformers, each with what
 * can be done to it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';
import type { StreamState } from '../../client/stream-state.js';
import { actorWords } from '../../words/actors.js';
import { exactWords } from '../../words/time.js';
import type { DeskModel } from './desk-model.js';
import { scheduleWords } from './schedule-words.js';
import { type Ending, endStanding, resumeSubscription } from './stream-deeds.js';

type Schedule = StreamState['schedules'][number];
type Subscription = StreamState['subscriptions'][number];
type Transformer = StreamState['transformers'][number];
type Standing = Schedule | Subscription | Transformer;

interface StandingViewProps {
  readonly desk: DeskModel;
  readonly state: StreamState;
}

export function StandingView({ desk, state }: StandingViewProps) {
  const { trans } = desk.streams;
  const { schedules, subscriptions, transformers } = state;
  if (schedules.length + subscriptions.length + transformers.length === 0) {
    return (
      <p className="jp-ColophonStreams-hint">
        {trans.__(
          'It does nothing by itself. Presets of Compose give it schedules, subscriptions and transformers.'
        )}
      </p>
    );
  }
  return (
    <>
      <Section title={trans.__('Schedules')} all={schedules}>
        {schedule => (
          <Item desk={desk} of={schedule} type="schedule.configured" ends="schedule.cancelled">
            <p>{scheduleSentence(schedule, trans)}</p>
          </Item>
        )}
      </Section>
      <Section title={trans.__('Subscriptions')} all={subscriptions}>
        {subscription => (
          <Item
            desk={desk}
            of={subscription}
            type="subscription.configured"
            ends="subscription.removed"
            onResume={
              subscription.parked === null
                ? undefined
                : () => void resumeSubscription(desk, subscription.slug)
            }
          >
            <p>{trans.__('sends to %1', subscription.url)}</p>
            {subscription.filter !== undefined && <Code name="filter" text={subscription.filter} />}
            {subscription.transform !== undefined && (
              <Code name="transform" text={subscription.transform} />
            )}
            {subscription.parked !== null && (
              <p className="jp-ColophonStreams-error">
                {trans._n(
                  'Parked at event %2 after %1 attempt: %3',
                  'Parked at event %2 after %1 attempts: %3',
                  subscription.parked.attempts,
                  subscription.parked.offset,
                  subscription.parked.error
                )}
              </p>
            )}
          </Item>
        )}
      </Section>
      <Section title={trans.__('Transformers')} all={transformers}>
        {transformer => (
          <Item
            desk={desk}
            of={transformer}
            type="transformer.configured"
            ends="transformer.removed"
          >
            <Code name="filter" text={transformer.filter} />
            <Code name="transform" text={transformer.transform} />
          </Item>
        )}
      </Section>
    </>
  );
}

function scheduleSentence({ append, schedule, next }: Schedule, trans: TranslationBundle): string {
  const what = trans.__('posts %1 %2', append.type, scheduleWords(schedule, trans));
  const when =
    next === null ? trans.__('no more') : trans.__('next at %1', exactWords(Date.parse(next)));
  return `${what}; ${when}`;
}

interface SectionProps<T extends Standing> {
  readonly title: string;
  readonly all: readonly T[];
  readonly children: (one: T) => ReactNode;
}

function Section<T extends Standing>({ title, all, children }: SectionProps<T>) {
  return all.length === 0 ? (
    <></>
  ) : (
    <section className="jp-ColophonStreams-standing">
      <h3>{title}</h3>
      <ul>
        {all.map(one => (
          <li key={one.slug}>{children(one)}</li>
        ))}
      </ul>
    </section>
  );
}

interface ItemProps {
  readonly desk: DeskModel;
  readonly of: Standing;
  readonly type: string;
  readonly ends: Ending['type'];
  readonly onResume?: (() => void) | undefined;
  readonly children: ReactNode;
}

function Item({ desk, of, type, ends, onResume, children }: ItemProps) {
  const { trans } = desk.streams;
  const edit = () => {
    desk.begin(type, '{}');
    desk.write({ payload: JSON.stringify(configurationOf(of), null, 2) });
    desk.tab = 'compose';
  };
  const ending = ends === 'schedule.cancelled' ? trans.__('Cancel…') : trans.__('Remove…');
  return (
    <>
      <div className="jp-ColophonStreams-standingText">
        <strong>{of.slug}</strong>
        {children}
        <p className="jp-ColophonStreams-hint">
          {trans.__(
            'by %1, %2',
            actorWords(of.configuredBy, trans),
            exactWords(Date.parse(of.configuredAt))
          )}
        </p>
      </div>
      <div className="jp-ColophonStreams-actions" role="group" aria-label={of.slug}>
        {onResume !== undefined && (
          <button type="button" className="jp-ColophonButton jp-mod-main" onClick={onResume}>
            {trans.__('Resume')}
          </button>
        )}
        <button type="button" className="jp-ColophonButton" onClick={edit}>
          {trans.__('Edit')}
        </button>
        <button
          type="button"
          className="jp-ColophonButton"
          onClick={() => void endStanding(desk, { type: ends, slug: of.slug })}
        >
          {ending}
        </button>
      </div>
    </>
  );
}

function Code({ name, text }: { name: string; text: string }) {
  return (
    <p>
      {name} <code>{text}</code>
    </p>
  );
}

/** What was posted to configure it, to be posted again. */
function configurationOf(standing: Standing): object {
  const { configuredAt: _at, configuredBy: _by, ...rest } = standing;
  const told = new Set(['next', 'parked']);
  return Object.fromEntries(Object.entries(rest).filter(([key]) => !told.has(key)));
}
