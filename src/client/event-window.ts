/**
 * The part of a stream that the browser holds: a run of events without gap, ascending by offset, that
 * grows at its end by the live tail and at its beginning by older pages. Each offset is in it once.
 */
import type { Event } from '../../schema/index.js';

export class EventWindow {
  /** Ascending by offset, dense. A new array at each growth, so that a view can compare by identity. */
  get events(): readonly Event[] {
    return this.held;
  }

  /** The newest event held; undefined if there is none. */
  get newest(): Event | undefined {
    return this.held[this.held.length - 1];
  }

  /** Does the stream begin before what is held? */
  get hasOlder(): boolean {
    return (this.held[0]?.offset ?? 1) > 1;
  }

  /** Add at the end what is not held yet; returns what was added. A gap throws: the tail has a bug. */
  append(events: readonly Event[]): readonly Event[] {
    const known = this.newest?.offset;
    const fresh = events.filter(event => known === undefined || event.offset > known);
    requireDense(known === undefined ? fresh : [this.newest, ...fresh]);
    if (fresh.length > 0) {
      this.held = [...this.held, ...fresh];
    }
    return fresh;
  }

  /** Add at the beginning what is older than everything held; returns what was added. */
  prepend(events: readonly Event[]): readonly Event[] {
    const oldest = this.held[0];
    const older = events.filter(event => oldest === undefined || event.offset < oldest.offset);
    requireDense([...older, oldest]);
    if (older.length > 0) {
      this.held = [...older, ...this.held];
    }
    return older;
  }

  private held: readonly Event[] = [];
}

function requireDense(events: readonly (Event | undefined)[]): void {
  events.forEach((event, index) => {
    const before = events[index - 1];
    if (before !== undefined && event !== undefined && event.offset !== before.offset + 1) {
      throw new RangeError(`The stream jumps from offset ${before.offset} to ${event.offset}.`);
    }
  });
}
