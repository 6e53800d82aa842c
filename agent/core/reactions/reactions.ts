/**
 * What a stream does by itself: its schedules, transformers and push subscriptions, folded from its
 * control facts. Pure, and total over every fact. The last that was configured under a slug stands
 * until it is cancelled or removed.
 */
import { CONTROL_TYPES, type Event, type EventOf } from '../../../schema/index.js';

/** A subscription, and whether it is parked. */
export interface StandingSubscription {
  readonly configured: EventOf<'subscription.configured'>;
  /** Null while it delivers. */
  readonly parked: EventOf<'subscription.parked'> | null;
  /** The last one since it was configured; null for none. */
  readonly resumed: EventOf<'subscription.resumed'> | null;
}

/** By slug, in the order in which they were configured. */
export interface Reactions {
  readonly schedules: ReadonlyMap<string, EventOf<'schedule.configured'>>;
  readonly transformers: ReadonlyMap<string, EventOf<'transformer.configured'>>;
  readonly subscriptions: ReadonlyMap<string, StandingSubscription>;
}

export const NO_REACTIONS: Reactions = {
  schedules: new Map(),
  transformers: new Map(),
  subscriptions: new Map()
};

/** The reactions after these facts of the stream, ascending; the cost grows with them alone. */
export function foldReactions(events: readonly Event[]): Reactions {
  const schedules: Schedules = new Map();
  const transformers: Transformers = new Map();
  const subscriptions: Subscriptions = new Map();
  for (const event of events) {
    takeSchedule(schedules, event);
    takeTransformer(transformers, event);
    takeSubscription(subscriptions, event);
  }
  return { schedules, transformers, subscriptions };
}

/** The reactions after a fact of the stream; what it does not touch stays the same object. */
export function evolveReactions(reactions: Reactions, event: Event): Reactions {
  switch (CONTROL_TYPES.has(event.type) && event.type.split('.', 1)[0]) {
    case 'schedule':
      return { ...reactions, schedules: takeSchedule(new Map(reactions.schedules), event) };
    case 'transformer':
      return {
        ...reactions,
        transformers: takeTransformer(new Map(reactions.transformers), event)
      };
    case 'subscription': {
      const subscriptions = takeSubscription(new Map(reactions.subscriptions), event);
      return { ...reactions, subscriptions };
    }
    default:
      return reactions;
  }
}

type Schedules = Map<string, EventOf<'schedule.configured'>>;
type Transformers = Map<string, EventOf<'transformer.configured'>>;
type Subscriptions = Map<string, StandingSubscription>;

function takeSchedule(map: Schedules, event: Event): Schedules {
  if (event.type === 'schedule.cancelled') {
    map.delete(event.data.slug);
  }
  return event.type === 'schedule.configured' ? put(map, event.data.slug, event) : map;
}

function takeTransformer(map: Transformers, event: Event): Transformers {
  if (event.type === 'transformer.removed') {
    map.delete(event.data.slug);
  }
  return event.type === 'transformer.configured' ? put(map, event.data.slug, event) : map;
}

function takeSubscription(map: Subscriptions, event: Event): Subscriptions {
  switch (event.type) {
    case 'subscription.configured':
      return put(map, event.data.slug, { configured: event, parked: null, resumed: null });
    case 'subscription.removed':
      map.delete(event.data.slug);
      return map;
    case 'subscription.parked':
      return change(map, event.data.slug, { parked: event });
    case 'subscription.resumed':
      return change(map, event.data.slug, { parked: null, resumed: event });
    default:
      return map;
  }
}

function change(
  map: Subscriptions,
  slug: string,
  parts: Partial<StandingSubscription>
): Subscriptions {
  const standing = map.get(slug);
  return standing === undefined ? map : map.set(slug, { ...standing, ...parts });
}

/** What is configured again comes last. */
function put<T>(map: Map<string, T>, slug: string, value: T): Map<string, T> {
  map.delete(slug);
  return map.set(slug, value);
}
