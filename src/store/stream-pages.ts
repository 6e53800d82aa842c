/**
 * What the Streams browser holds of one stream, at most so many events, and how it comes there: by
 * pages, one at a time, and by the news of the tail.
 */
import { reasonOf } from '../../agent/core/explain.js';
import type { Event, StreamPath } from '../../schema/index.js';
import type { Api, Page, PageQuery } from '../client/api.js';
import { BoundedWindow } from '../client/bounded-window.js';
import { RefusedError } from '../client/problem.js';

/** Events that the page holds at most. */
const HELD_AT_MOST = 5_000;
/** Events that are read at once. */
const PAGE = 500;

export class StreamPages {
  constructor(
    private readonly api: Pick<Api, 'read'>,
    private readonly stream: StreamPath,
    /** Something to show changed. */
    private readonly onChange: () => void
  ) {}

  /** What is held, ascending. */
  get events(): readonly Event[] {
    return this.window.events;
  }

  /** Events in the whole stream, as far as is known. */
  get count(): number {
    return this.window.head;
  }

  get hasOlder(): boolean {
    return this.window.hasOlder;
  }

  get hasNewer(): boolean {
    return this.window.hasNewer;
  }

  get isLoading(): boolean {
    return this.loading;
  }

  /** A stream in which nothing has happened yet is empty, and can be followed all the same. */
  async newest(): Promise<Page> {
    try {
      return await this.api.read(this.stream, { limit: PAGE });
    } catch (reason) {
      if (reason instanceof RefusedError && reason.code === 'unknown-stream') {
        return { events: [], head: 0 };
      }
      throw reason;
    }
  }

  /** Hold nothing but this page, the newest. */
  begin({ events, head }: Page): void {
    this.clear();
    this.window.replace(events, head, isFirst(events));
  }

  /** Hold nothing. */
  clear(): void {
    this.window = new BoundedWindow(HELD_AT_MOST);
  }

  /** News of the tail; `shift`: the oldest events make room for them. */
  take(events: readonly Event[], shift: boolean): void {
    this.window.take(events, shift);
  }

  /** News of the tail that are not to be held. */
  know(events: readonly Event[]): void {
    this.window.know(events);
  }

  /** Load the page before what is held. Never rejects. */
  async loadOlder(): Promise<void> {
    const [oldest] = this.events;
    if (oldest !== undefined && this.hasOlder) {
      await this.load({ beforeOffset: oldest.offset, limit: PAGE }, ({ events }) => {
        if (this.events[0] === oldest) {
          this.window.addOlder(events, isFirst(events));
        }
      });
    }
  }

  /** Load the page after what is held. Never rejects. */
  async loadNewer(): Promise<void> {
    const newest = this.events.at(-1);
    if (newest !== undefined && this.hasNewer) {
      await this.load({ afterOffset: newest.offset, limit: PAGE }, ({ events }) =>
        this.window.addNewer(events)
      );
    }
  }

  /** Load until nothing is missing at the end, as long as it is wanted. Never rejects. */
  async catchUp(wanted: () => boolean): Promise<void> {
    while (wanted() && this.hasNewer && !this.loading && !this.disposed) {
      const newest = this.events.at(-1)?.offset ?? 0;
      const near = this.count - newest <= PAGE;
      const went = await this.load(
        near ? { afterOffset: newest, limit: PAGE } : { limit: PAGE },
        ({ events, head }) =>
          near ? this.window.addNewer(events) : this.window.replace(events, head, isFirst(events))
      );
      if (!went || this.events.at(-1)?.offset === newest) {
        return; // The next event, or the next wish to follow, tries again.
      }
    }
  }

  /** Load nothing any more. */
  dispose(): void {
    this.disposed = true;
  }

  private async load(query: PageQuery, use: (page: Page) => void): Promise<boolean> {
    if (this.loading || this.disposed) {
      return false;
    }
    this.loading = true;
    this.onChange();
    const { window } = this;
    let went = false;
    try {
      const page = await this.api.read(this.stream, query);
      went = window === this.window;
      if (went) {
        use(page);
      }
    } catch (reason) {
      console.warn(`Colophon could not load events: ${reasonOf(reason)}`);
    }
    this.loading = false;
    if (!this.disposed) {
      this.onChange();
    }
    return went;
  }

  private disposed = false;
  private loading = false;
  private window = new BoundedWindow(HELD_AT_MOST);
}

/** A page of the newest, or before an event, that is not full: nothing stands before it. */
function isFirst(events: readonly Event[]): boolean {
  return events.length < PAGE;
}
