/**
 * The push subscriptions of all streams: one line for each, told of what is appended. Holds no event;
 * a line reads what is behind its cursor, so that thousands of them cost little while nothing
 * happens, and a lag, not a kind of event, is what sets one going.
 */
import {
  evolveReactions,
  NO_REACTIONS,
  type Reactions,
  type StandingSubscription
} from '../core/reactions/reactions.js';
import type { Event, Json, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import { cursorName, type DeliveryCursor } from './delivery-cursor.js';
import { DeliveryLine, type DeliveryContext } from './delivery-line.js';

export interface DeliveriesContext extends Omit<DeliveryContext, 'journal'> {
  readonly journal: DeliveryContext['journal'] &
    Pick<Journal, 'watch' | 'controls' | 'controlled' | 'head'>;
}

/** A subscription as whoever may read its stream sees it. */
export interface DeliveryStatus {
  readonly slug: string;
  readonly after: number;
  readonly lag: number;
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly parked: boolean;
}

interface StreamLines {
  reactions: Reactions;
  readonly lines: Map<string, DeliveryLine>;
}

export class Deliveries {
  readonly #context: DeliveriesContext;
  readonly #streams = new Map<StreamPath, StreamLines>();
  #unwatch: () => void = () => undefined;

  constructor(context: DeliveriesContext) {
    this.#context = context;
  }

  /** Goes on with every subscription that the journal has, and follows what is appended. */
  start(): void {
    const { journal } = this.#context;
    this.#unwatch = journal.watch(event => this.#take(event));
    for (const stream of journal.controlled()) {
      const reactions = journal.controls(stream).reduce(evolveReactions, NO_REACTIONS);
      if (reactions.subscriptions.size === 0) {
        continue;
      }
      const lines = new Map<string, DeliveryLine>();
      this.#streams.set(stream, { reactions, lines });
      const cursors = journal.cursors(stream);
      for (const [slug, standing] of reactions.subscriptions) {
        const known = (cursors[cursorName(slug)] ?? null) as DeliveryCursor | null;
        this.#begin(stream, lines, standing, known);
      }
    }
  }

  /** Sends nothing more. The journal must be closed after this. */
  stop(): void {
    this.#unwatch();
    for (const { lines } of this.#streams.values()) {
      lines.forEach(line => line.stop());
    }
    this.#streams.clear();
  }

  /** The streams are gone. */
  forget(streams: readonly StreamPath[]): void {
    for (const stream of streams) {
      this.#streams.get(stream)?.lines.forEach(line => line.stop());
      this.#streams.delete(stream);
    }
  }

  /** The subscriptions that stand in a stream. */
  status(stream: StreamPath): DeliveryStatus[] {
    const known = this.#streams.get(stream);
    const head = this.#context.journal.head(stream);
    return [...(known?.lines ?? [])].map(([slug, { cursor }]) => ({
      slug,
      after: cursor.after,
      lag: Math.max(0, head - cursor.after),
      attempts: cursor.attempts,
      nextAt: cursor.nextAt === null ? null : new Date(cursor.nextAt).toISOString(),
      parked: known?.reactions.subscriptions.get(slug)?.parked !== null
    }));
  }

  #take(event: Event): void {
    const known = this.#streams.get(event.stream);
    const before = known?.reactions ?? NO_REACTIONS;
    const reactions = evolveReactions(before, event);
    if (reactions.subscriptions !== before.subscriptions && 'slug' in event.data) {
      const entry: StreamLines = known ?? { reactions, lines: new Map() };
      entry.reactions = reactions;
      this.#streams.set(event.stream, entry);
      this.#changed(event.stream, entry, event.data.slug);
    }
    this.#streams.get(event.stream)?.lines.forEach(line => line.poke());
  }

  #changed(stream: StreamPath, { reactions, lines }: StreamLines, slug: string): void {
    const line = lines.get(slug);
    const standing = reactions.subscriptions.get(slug);
    line?.stop();
    lines.delete(slug);
    if (standing !== undefined) {
      this.#begin(stream, lines, standing, line?.cursor ?? null);
      return;
    }
    const cursors: Record<string, Json> = { [cursorName(slug)]: null };
    void this.#context.journal.append({ stream, cursors }).durable;
    if (lines.size === 0) {
      this.#streams.delete(stream);
    }
  }

  #begin(
    stream: StreamPath,
    lines: Map<string, DeliveryLine>,
    standing: StandingSubscription,
    known: DeliveryCursor | null
  ): void {
    const line = new DeliveryLine(this.#context, stream, standing, known);
    lines.set(standing.configured.data.slug, line);
    line.poke();
  }
}
