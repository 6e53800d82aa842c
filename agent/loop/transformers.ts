/**
 * Turns events into events, as the transformers of a stream say. Each event after a transformer was
 * configured is offered to it once, in order, and what it gives is appended to the same stream together
 * with the transformer's cursor: exactly once, whatever ends when. A stream's transformers take turns
 * by slug; streams do not wait for one another, but for an expression that runs. While the stream is
 * paused they wait. Nothing stops a failing one: what went wrong is appended, and it goes on.
 */
import type { Event, EventOf, Json, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import {
  transformerCursor,
  TransformerLine,
  type TransformerLineContext
} from './transformer-line.js';

export interface TransformersContext extends TransformerLineContext {
  readonly journal: Pick<Journal, 'append' | 'read' | 'watch'>;
  readonly clock: Clock;
}

export class Transformers {
  readonly #context: TransformersContext;
  readonly #lines = new Map<StreamPath, TransformerLine>();
  readonly #unwatch: () => void;

  constructor(context: TransformersContext) {
    this.#context = context;
    this.#unwatch = context.journal.watch(({ stream }) => this.#lines.get(stream)?.wake());
  }

  /** Takes up a transformer that the journal has, where its cursor says it is. */
  resume(configured: EventOf<'transformer.configured'>, cursor: Json | undefined): void {
    const done = typeof cursor === 'number' ? cursor : 0;
    this.#line(configured.stream).put(configured, done);
  }

  /** Takes a fact of a stream, in the turn in which it was appended. */
  take(event: Event): void {
    const { stream } = event;
    if (event.type === 'transformer.configured') {
      this.#line(stream).put(event, 0);
    } else if (event.type === 'transformer.removed') {
      if (this.#lines.get(stream)?.remove(event.data.slug)) {
        const cursors = { [transformerCursor(event.data.slug)]: null };
        this.#context.journal.append({ stream, cursors });
      }
    }
  }

  /** Drops the transformers of a stream that is gone. */
  forget(stream: StreamPath): void {
    this.#lines.get(stream)?.stop();
    this.#lines.delete(stream);
  }

  stop(): void {
    this.#unwatch();
    this.#lines.forEach(line => line.stop());
    this.#lines.clear();
  }

  #line(stream: StreamPath): TransformerLine {
    const known = this.#lines.get(stream) ?? new TransformerLine(stream, this.#context);
    this.#lines.set(stream, known);
    return known;
  }
}
