/**
 * The part of a stream that the Streams browser holds: a run of events without gap, never more than
 * so many. It grows at its end with the tail and at either end by pages; what is too much is let go
 * at the other end. It knows how far the stream goes, also beyond what is held.
 */
import type { Event } from '../../schema/index.js';

export class BoundedWindow {
  /** @param most Events to hold. */
  constructor(private readonly most: number) {}

  /** Ascending by offset, dense. A new array at each change, so that a view can compare by identity. */
  get events(): readonly Event[] {
    return this.held;
  }

  /** Offset of the newest event that is known to exist; 0 for none. */
  get head(): number {
    return this.known;
  }

  get hasOlder(): boolean {
    return this.from > 1;
  }

  get hasNewer(): boolean {
    return this.to < this.known;
  }

  get isFull(): boolean {
    return this.held.length >= this.most;
  }

  /** News of the tail. Held if it continues what is held; `shift`: the oldest make room for it. */
  take(events: readonly Event[], shift: boolean): void {
    this.know(events);
    const next = this.after(events);
    const continues = next[0]?.offset === this.to + 1;
    if (continues && (shift || this.held.length + next.length <= this.most)) {
      this.held = [...this.held, ...next].slice(-this.most);
    }
  }

  /** A page that was read after what is held; the oldest make room for it. */
  addNewer(events: readonly Event[]): void {
    this.take(events, true);
  }

  /** A page that was read before what is held; the newest make room for it. */
  addOlder(events: readonly Event[]): void {
    const oldest = this.from;
    const older = events.filter(event => event.offset < oldest);
    if (older.at(-1)?.offset === oldest - 1) {
      this.held = [...older, ...this.held].slice(0, this.most);
    }
  }

  /** Hold this page instead. @param head Offset of the stream's newest event when it was read. */
  replace(events: readonly Event[], head: number): void {
    this.held = events.slice(-this.most);
    this.know(events);
    this.known = Math.max(this.known, head);
  }

  private after(events: readonly Event[]): readonly Event[] {
    const end = this.to;
    return events.filter(event => event.offset > end);
  }

  /** These exist, whether they are held or not. */
  know(events: readonly Event[]): void {
    this.known = Math.max(this.known, events.at(-1)?.offset ?? 0);
  }

  private get from(): number {
    return this.held[0]?.offset ?? this.known + 1;
  }

  private get to(): number {
    return this.held.at(-1)?.offset ?? 0;
  }

  private known = 0;
  private held: readonly Event[] = [];
}
