/**
 * The part of a stream that the Streams browser holds: events that follow one another, never more
 * than so many. It grows at its end with the tail and at either end by pages; what is too much is let
 * go at the other end. It knows how far the stream goes, also beyond what is held. A stream that keeps
 * its events for a time has holes in its offsets, so that nothing is concluded from counting them.
 */
import type { Event } from '../../schema/index.js';

export class BoundedWindow {
  /** @param most Events to hold. */
  constructor(private readonly most: number) {}

  /** Ascending by offset. A new array at each change, so that a view can compare by identity. */
  get events(): readonly Event[] {
    return this.held;
  }

  /** Offset of the newest event that is known to exist; 0 for none. */
  get head(): number {
    return this.known;
  }

  get hasOlder(): boolean {
    return !this.isFromStart && this.from > 1;
  }

  get hasNewer(): boolean {
    return this.to < this.known;
  }

  /**
   * News of the tail, which come without gap after what it told before. Held if what is held goes so
   * far; `shift`: the oldest make room for it.
   */
  take(events: readonly Event[], shift: boolean): void {
    const next = this.after(events);
    const continues = !this.hasNewer || next[0]?.offset === this.to + 1;
    this.know(events);
    if (continues && (shift || this.held.length + next.length <= this.most)) {
      this.append(next);
    }
  }

  /** The page that was read after an event that is held; the oldest make room for it. */
  addNewer(events: readonly Event[]): void {
    this.know(events);
    this.append(this.after(events));
  }

  /**
   * The page that was read before the oldest event that is held; the newest make room for it.
   * @param isFirst The stream holds nothing before it.
   */
  addOlder(events: readonly Event[], isFirst: boolean): void {
    const oldest = this.from;
    const older = events.filter(event => event.offset < oldest);
    this.held = [...older, ...this.held].slice(0, this.most);
    this.isFromStart = isFirst;
  }

  /**
   * Hold this page instead.
   * @param head Offset of the stream's newest event when it was read.
   * @param isFirst The stream holds nothing before it.
   */
  replace(events: readonly Event[], head: number, isFirst: boolean): void {
    this.held = events;
    this.isFromStart = isFirst;
    this.known = Math.max(this.known, head);
    this.know(events);
  }

  /** These exist, whether they are held or not. */
  know(events: readonly Event[]): void {
    this.known = Math.max(this.known, events.at(-1)?.offset ?? 0);
  }

  private append(next: readonly Event[]): void {
    const all = [...this.held, ...next];
    this.held = all.slice(-this.most);
    this.isFromStart &&= all.length <= this.most;
  }

  private after(events: readonly Event[]): readonly Event[] {
    const end = this.to;
    return events.filter(event => event.offset > end);
  }

  private get from(): number {
    return this.held[0]?.offset ?? this.known + 1;
  }

  private get to(): number {
    return this.held.at(-1)?.offset ?? 0;
  }

  private known = 0;
  private isFromStart = false;
  private held: readonly Event[] = [];
}
