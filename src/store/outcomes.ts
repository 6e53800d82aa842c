/**
 * How runs ended, for those who wait. A run that ended before anybody asked is answered at once: the
 * live tail may be faster than the answer to the request.
 */
import type { Event, EventOf, ExecutionId } from '../../schema/index.js';

export type Finished = EventOf<'execution.finished'>;

/** Ended runs to remember; more than one gesture may ask for. */
const REMEMBERED = 20_000;

export class Outcomes {
  /** Settles when the run ends; undefined if that can no longer be known. Never rejects. */
  of(executionId: ExecutionId): Promise<Finished | undefined> {
    const finished = this.ended.get(executionId);
    if (finished !== undefined || this.closed) {
      return Promise.resolve(finished);
    }
    return new Promise(resolve => {
      this.waiting.set(executionId, [...(this.waiting.get(executionId) ?? []), resolve]);
    });
  }

  /** Take new events of the stream. */
  take(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === 'execution.finished') {
        this.end(event);
      }
    }
  }

  /** Nothing more will be known: answer everybody who waits. */
  abandon(): void {
    const waiting = [...this.waiting.values()].flat();
    this.waiting.clear();
    waiting.forEach(resolve => resolve(undefined));
  }

  /** As abandon, and for good. */
  close(): void {
    this.closed = true;
    this.abandon();
  }

  private end(event: Finished): void {
    const { executionId } = event.data;
    this.ended.set(executionId, event);
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= REMEMBERED) {
        break;
      }
      this.ended.delete(oldest);
    }
    const waiting = this.waiting.get(executionId) ?? [];
    this.waiting.delete(executionId);
    waiting.forEach(resolve => resolve(event));
  }

  private readonly ended = new Map<ExecutionId, Finished>();
  private readonly waiting = new Map<ExecutionId, ((finished: Finished | undefined) => void)[]>();
  private closed = false;
}
