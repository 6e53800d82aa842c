/**
 * Whoever follows a stream from outside and is remembered: addresses that events are sent to, and
 * readers with a place. The one object that the doors and the composition roots know of them.
 */
import type { Asker } from '../core/stream/access.js';
import { secretHolder } from '../core/stream/asker.js';
import type { Draft, Rejection, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import { Consumers } from './consumers.js';
import { Deliveries, type DeliveriesContext, type DeliveryStatus } from './deliveries.js';

/** What it needs of the world beside the journal and the clock. */
export type Outside = Pick<SubscribersContext, 'push' | 'secrets' | 'expressions' | 'chance'>;

export interface SubscribersContext extends Omit<DeliveriesContext, 'journal'> {
  readonly journal: DeliveriesContext['journal'] & Pick<Journal, 'controls'>;
}

export class Subscribers {
  readonly consumers: Consumers;
  readonly #context: SubscribersContext;
  readonly #deliveries: Deliveries;

  constructor(context: SubscribersContext) {
    this.#context = context;
    this.consumers = new Consumers(context.journal);
    this.#deliveries = new Deliveries(context);
  }

  /** Goes on with what an earlier host left. */
  start(): void {
    this.#deliveries.start();
  }

  /** Sends nothing more; before the journal is closed. */
  stop(): void {
    this.#deliveries.stop();
  }

  /** The streams are gone, with whatever followed them. */
  forget(streams: readonly StreamPath[]): void {
    this.#deliveries.forget(streams);
  }

  /** The subscriptions of a stream, and how far each is. */
  subscriptions(stream: StreamPath): readonly DeliveryStatus[] {
    return this.#deliveries.status(stream);
  }

  /** The secret that signs what is sent for a subscription of theirs; also before it is configured. */
  secretOf(stream: StreamPath, slug: string, asker: Asker): string {
    return this.#context.secrets.secretOf(stream, slug, secretHolder(stream, asker));
  }

  /** Why a fact that somebody posts may not stand; null if it may. */
  refusal(draft: Draft): Rejection | null {
    return draft.type === 'subscription.configured'
      ? this.#context.push.refusal(draft.data.url)
      : null;
  }
}
