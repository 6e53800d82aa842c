/** What a stream does by itself, as the state of the stream shows it. Pure. */
import type { ActorIdentity, Event, EventOf, Json, Timestamp } from '../../../schema/index.js';
import { personOf } from '../actors.js';
import { timestampOf } from '../timestamp.js';
import { dueNow, scheduleCursor } from './due.js';
import { foldReactions } from './reactions.js';

interface Standing {
  readonly configuredAt: Timestamp;
  readonly configuredBy: ActorIdentity;
}

export interface ReactionsView {
  /** `next`: null after the last time. It may be past while the stream is paused. */
  readonly schedules: readonly (EventOf<'schedule.configured'>['data'] &
    Standing & { readonly next: Timestamp | null })[];
  readonly transformers: readonly (EventOf<'transformer.configured'>['data'] & Standing)[];
  /** `parked`: why nothing is sent; null while it is. */
  readonly subscriptions: readonly (EventOf<'subscription.configured'>['data'] &
    Standing & { readonly parked: EventOf<'subscription.parked'>['data'] | null })[];
}

/** From the stream's control facts, ascending, and its cursors. */
export function reactionsView(
  controls: readonly Event[],
  cursors: Readonly<Record<string, Json>>
): ReactionsView {
  const { schedules, transformers, subscriptions } = foldReactions(controls);
  return {
    schedules: [...schedules.values()].map(event => {
      const next = dueNow(event, cursors[scheduleCursor(event.data.slug)]);
      const at = next === null ? null : timestampOf(next);
      return { ...event.data, ...standing(event), next: at };
    }),
    transformers: [...transformers.values()].map(event => ({ ...event.data, ...standing(event) })),
    subscriptions: [...subscriptions.values()].map(({ configured, parked }) => ({
      ...configured.data,
      ...standing(configured),
      parked: parked === null ? null : parked.data
    }))
  };
}

function standing({ at, actor }: Event): Standing {
  return { configuredAt: at, configuredBy: personOf(actor) };
}
