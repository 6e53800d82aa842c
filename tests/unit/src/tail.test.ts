import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../../../schema/index.js';
import { RefusedError, UnreachableError } from '../../../src/client/problem.js';
import { Tail, type TailOptions, type TailState } from '../../../src/client/tail.js';
import { eventAt, STREAM } from './event-at.js';

/** A host that keeps a stream, and whose line can be cut. */
class Host {
  events: Event[] = [];
  away = false;
  asked: number[] = [];

  readonly api: TailOptions['api'] = {
    read: async (_stream, { afterOffset = 0, limit = 500 } = {}) => {
      this.requireHere();
      const head = this.events.at(-1)?.offset ?? 0;
      if (afterOffset > head) {
        throw new RefusedError('malformed-request', 'Beyond the end.', 400);
      }
      return { events: this.events.filter(e => e.offset > afterOffset).slice(0, limit), head };
    },
    follow: async (_stream, afterOffset, signal) => {
      this.requireHere();
      this.asked.push(afterOffset);
      return new ReadableStream<Uint8Array>({
        start: controller => {
          this.line = controller;
          signal.addEventListener('abort', () => {
            if (this.line === controller) {
              this.line = undefined;
              controller.error(signal.reason);
            }
          });
          this.send(this.events.filter(event => event.offset > afterOffset));
        }
      });
    }
  };

  add(event: Event): void {
    this.events.push(event);
    this.send([event]);
  }

  /** Send again what the browser may have already: it must not count twice. */
  send(events: readonly Event[]): void {
    for (const event of events) {
      const text = `id: ${event.offset}\nevent: message\ndata: ${JSON.stringify(event)}\n\n`;
      this.line?.enqueue(new TextEncoder().encode(text));
    }
  }

  cut(): void {
    this.line?.close();
    this.line = undefined;
  }

  private requireHere(): void {
    if (this.away) {
      throw new UnreachableError('The host is away.');
    }
  }

  private line: ReadableStreamDefaultController<Uint8Array> | undefined;
}

const open: Tail[] = [];
afterEach(() => open.splice(0).forEach(tail => tail.dispose()));

function follow(host: Host, last?: Event) {
  const seen: number[] = [];
  const states: TailState['kind'][] = [];
  let resets = 0;
  const tail = new Tail({
    api: host.api,
    stream: STREAM,
    last,
    pace: 'live',
    onEvents: events => seen.push(...events.map(event => event.offset)),
    onState: state => states.push(state.kind),
    onReset: () => {
      resets += 1;
    }
  });
  open.push(tail);
  return { tail, seen, states, resets: () => resets };
}

describe('the tail of a stream', () => {
  it('[U12] brings each event once and in order through lost connections', async () => {
    const host = new Host();
    host.events = [eventAt(1), eventAt(2)];
    const { seen, states } = follow(host, host.events[0]);
    await vi.waitFor(() => expect(seen).toEqual([2]));
    host.send([eventAt(1), eventAt(2)]);
    host.away = true;
    host.cut();
    host.events.push(eventAt(3), eventAt(4));
    await vi.waitFor(() => expect(states).toContain('lost'));
    host.away = false;
    await vi.waitFor(() => expect(seen).toEqual([2, 3, 4]), 5_000);
    host.add(eventAt(5));
    await vi.waitFor(() => expect(seen).toEqual([2, 3, 4, 5]));
    expect(host.asked[0]).toBe(1);
    expect(host.asked.at(-1)).toBe(2);
    expect(states.at(-1)).toBe('connected');
  });

  it('[U12] says so when the journal is another one, also if that is longer', async () => {
    for (const events of [[eventAt(1, 'second')], [1, 2, 3].map(n => eventAt(n, 'second'))]) {
      const host = new Host();
      host.events = [eventAt(1), eventAt(2)];
      const { resets, states } = follow(host, host.events[1]);
      await vi.waitFor(() => expect(states).toContain('connected'));
      host.events = events;
      host.cut();
      await vi.waitFor(() => expect(resets()).toBe(1), 5_000);
    }
  });

  it('[U12] goes on without a gap when it changes between live and polled', async () => {
    const host = new Host();
    host.events = [eventAt(1)];
    const { tail, seen } = follow(host);
    await vi.waitFor(() => expect(seen).toEqual([1]));
    tail.pace = 'polled';
    host.events.push(eventAt(2));
    await vi.waitFor(() => expect(seen).toEqual([1, 2]));
    tail.pace = 'live';
    host.add(eventAt(3));
    await vi.waitFor(() => expect(seen).toEqual([1, 2, 3]));
  });

  it('[U12] says nothing after it was disposed, twice', async () => {
    const host = new Host();
    const { tail, seen, states } = follow(host);
    await vi.waitFor(() => expect(states).toContain('connected'));
    tail.dispose();
    tail.dispose();
    const before = states.length;
    host.send([eventAt(1)]);
    host.cut();
    await Promise.resolve();
    expect(seen).toEqual([]);
    expect(states).toHaveLength(before);
  });
});
