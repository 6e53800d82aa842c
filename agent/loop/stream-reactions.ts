/**
 * What streams do by themselves inside the journal: their schedules and transformers, taken up where
 * the cursors of the journal say they are.
 */
import type { Event, StreamPath } from '../../schema/index.js';
import { scheduleCursor } from '../core/reactions/due.js';
import { foldReactions } from '../core/reactions/reactions.js';
import { reactionsView, type ReactionsView } from '../core/reactions/reactions-view.js';
import type { Expressions } from '../ports/expressions.js';
import type { Journal } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Posts } from './posts.js';
import { Schedules } from './schedules.js';
import { transformerCursor } from './transformer-line.js';
import { Transformers } from './transformers.js';

export interface StreamReactionsContext {
  readonly journal: Pick<
    Journal,
    'append' | 'read' | 'watch' | 'controls' | 'controlled' | 'cursors'
  >;
  readonly posts: Pick<Posts, 'behind' | 'react'>;
  readonly expressions: Expressions;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'next'>;
  readonly warn: (message: string) => void;
}

export class StreamReactions {
  readonly #journal: StreamReactionsContext['journal'];
  readonly #schedules: Schedules;
  readonly #transformers: Transformers;

  constructor(context: StreamReactionsContext) {
    this.#journal = context.journal;
    this.#schedules = new Schedules(context);
    this.#transformers = new Transformers(context);
  }

  /** Goes on with everything that the journal has. */
  start(): void {
    for (const stream of this.#journal.controlled()) {
      const controls = this.#journal.controls(stream);
      const { schedules, transformers } = foldReactions(controls);
      const cursors = this.#journal.cursors(stream);
      schedules.forEach((configured, slug) =>
        this.#schedules.resume(configured, cursors[scheduleCursor(slug)])
      );
      transformers.forEach((configured, slug) =>
        this.#transformers.resume(configured, cursors[transformerCursor(slug)])
      );
    }
  }

  /** Takes what was appended to a stream, in the same turn. */
  take(events: readonly Event[]): void {
    for (const event of events) {
      this.#schedules.take(event);
      this.#transformers.take(event);
    }
  }

  /** Drops what the streams did: they are gone. */
  forget(streams: readonly StreamPath[]): void {
    for (const stream of streams) {
      this.#schedules.forget(stream);
      this.#transformers.forget(stream);
    }
  }

  /** What the stream does by itself. */
  view(stream: StreamPath): ReactionsView {
    return reactionsView(this.#journal.controls(stream), this.#journal.cursors(stream));
  }

  /** Does nothing more. The journal must be closed after this. */
  stop(): void {
    this.#schedules.stop();
    this.#transformers.stop();
  }
}
