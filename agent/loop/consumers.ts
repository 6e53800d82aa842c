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

/** Who moves a place. */
export interface Mover {
  /** The name that others know them by; null where names do not last. */
  readonly name: string | null;
  /** May they move what is somebody else's? */
  readonly owns: boolean;
}

interface Place {
  readonly offset: number;
  /** Whose it is: the first that moved it; null: anybody's. */
  readonly by: string | null;
}

const PREFIX = 'consumer:';
/** So many readers a stream remembers; anybody who may read it can name one. */
const MOST = 1000;

export class Consumers {
  readonly #journal: Pick<Journal, 'append' | 'cursors' | 'head'>;
  /** Places that are not yet durable. */
  readonly #pending = new Map<string, Place>();

  constructor(journal: Pick<Journal, 'append' | 'cursors' | 'head'>) {
    this.#journal = journal;
  }

  /** Every reader of the stream, by name. */
  list(stream: StreamPath): Consumer[] {
    const head = this.#journal.head(stream);
    return Object.entries(this.#journal.cursors(stream))
      .flatMap(([name, value]) => {
        const { offset } = placeIn(value);
        return name.startsWith(PREFIX) ? [{ consumer: name.slice(PREFIX.length), offset }] : [];
      })
      .map(({ consumer, offset }) => ({ consumer, offset, lag: Math.max(0, head - offset) }))
      .sort((a, b) => (a.consumer < b.consumer ? -1 : 1));
  }

  /** Up to where the reader is done; 0 for one that is not known. */
  placeOf(stream: StreamPath, consumer: string): number {
    return this.#place(stream, consumer).offset;
  }

  /**
   * The reader is done up to `offset`. An older place than it has changes nothing unless it is forced;
   * forced to 0 it is forgotten. The place is the first mover's, so that nobody else makes a reader
   * pass over events.
   */
  async acknowledge(
    stream: StreamPath,
    consumer: string,
    offset: number,
    { name, owns }: Mover,
    force = false
  ): Promise<Consumer | { readonly rejection: Rejection }> {
    const head = this.#journal.head(stream);
    if (offset > head) {
      const detail = `The stream ends at ${head}; acknowledge an offset that was read.`;
      return { rejection: { code: 'malformed-request', detail, at: { head } } };
    }
    const { offset: before, by } = this.#place(stream, consumer);
    if (by !== null && by !== name && !owns) {
      const detail = `${consumer} is the name of somebody else's reader. Choose another one.`;
      return { rejection: { code: 'forbidden', detail } };
    }
    if (before === 0 && offset > 0 && this.list(stream).length >= MOST) {
      const detail = `The stream remembers ${MOST} readers. Forget one first: {"consumer": …, "offset": 0, "force": true}.`;
      return { rejection: { code: 'forbidden', detail } };
    }
    const place = force ? offset : Math.max(before, offset);
    if (place !== before) {
      await this.#move(stream, consumer, { offset: place, by: by ?? name });
    }
    return { consumer, offset: place, lag: Math.max(0, head - place) };
  }

  #place(stream: StreamPath, consumer: string): Place {
    return (
      this.#pending.get(`${stream} ${consumer}`) ??
      placeIn(this.#journal.cursors(stream)[PREFIX + consumer] ?? null)
    );
  }

  async #move(stream: StreamPath, consumer: string, { offset, by }: Place): Promise<void> {
    const key = `${stream} ${consumer}`;
    const place = offset === 0 ? NOWHERE : { offset, by };
    this.#pending.set(key, place);
    const cursors: Record<string, Json> = {
      [PREFIX + consumer]: offset === 0 ? null : { ...place }
    };
    await this.#journal.append({ stream, cursors }).durable;
    if (this.#pending.get(key) === place) {
      this.#pending.delete(key);
    }
  }
}

const NOWHERE: Place = { offset: 0, by: null };

function placeIn(value: Json): Place {
  const place = value as Partial<Place> | null;
  return { offset: place?.offset ?? 0, by: place?.by ?? null };
}
