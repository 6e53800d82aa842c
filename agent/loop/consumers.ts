/**
 * Readers whose place in a stream the journal keeps: a name of their own in the stream, and the
 * offset up to which they are done. Guarantees: a place only goes forward unless it is forced, also
 * when acknowledgements meet, and is durable once it is answered.
 */
import type { Json, Rejection, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';

/** A reader by name, and how many events are behind its place. */
export interface Consumer {
  readonly consumer: string;
  readonly offset: number;
  readonly lag: number;
}

const PREFIX = 'consumer:';
/** So many readers a stream remembers; anybody who may read it can name one. */
const MOST = 1000;

export class Consumers {
  readonly #journal: Pick<Journal, 'append' | 'cursors' | 'head'>;
  /** Places that are not yet durable. */
  readonly #pending = new Map<string, number>();

  constructor(journal: Pick<Journal, 'append' | 'cursors' | 'head'>) {
    this.#journal = journal;
  }

  /** Every reader of the stream, by name. */
  list(stream: StreamPath): Consumer[] {
    const head = this.#journal.head(stream);
    return Object.entries(this.#journal.cursors(stream))
      .flatMap(([name, value]) => {
        const offset = offsetOf(value);
        return name.startsWith(PREFIX) ? [{ consumer: name.slice(PREFIX.length), offset }] : [];
      })
      .map(({ consumer, offset }) => ({ consumer, offset, lag: Math.max(0, head - offset) }))
      .sort((a, b) => (a.consumer < b.consumer ? -1 : 1));
  }

  /** Up to where the reader is done; 0 for one that is not known. */
  placeOf(stream: StreamPath, consumer: string): number {
    return (
      this.#pending.get(`${stream} ${consumer}`) ??
      offsetOf(this.#journal.cursors(stream)[PREFIX + consumer] ?? null)
    );
  }

  /**
   * The reader is done up to `offset`. An older place than it has changes nothing unless it is forced;
   * forced to 0 it is forgotten.
   */
  async acknowledge(
    stream: StreamPath,
    consumer: string,
    offset: number,
    force = false
  ): Promise<Consumer | { readonly rejection: Rejection }> {
    const head = this.#journal.head(stream);
    if (offset > head) {
      const detail = `The stream ends at ${head}; acknowledge an offset that was read.`;
      return { rejection: { code: 'malformed-request', detail, at: { head } } };
    }
    const before = this.placeOf(stream, consumer);
    if (before === 0 && offset > 0 && this.list(stream).length >= MOST) {
      const detail = `The stream remembers ${MOST} readers. Forget one first: {"consumer": …, "offset": 0, "force": true}.`;
      return { rejection: { code: 'forbidden', detail } };
    }
    const place = force ? offset : Math.max(before, offset);
    if (place !== before) {
      await this.#move(stream, consumer, place);
    }
    return { consumer, offset: place, lag: Math.max(0, head - place) };
  }

  async #move(stream: StreamPath, consumer: string, offset: number): Promise<void> {
    const key = `${stream} ${consumer}`;
    this.#pending.set(key, offset);
    const cursors: Record<string, Json> = { [PREFIX + consumer]: offset === 0 ? null : { offset } };
    await this.#journal.append({ stream, cursors }).durable;
    if (this.#pending.get(key) === offset) {
      this.#pending.delete(key);
    }
  }
}

function offsetOf(value: Json): number {
  return typeof value === 'object' && value !== null && 'offset' in value
    ? Number(value['offset'])
    : 0;
}
