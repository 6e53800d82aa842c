import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Event } from '../../../schema/index.js';
import { RefusedError, UnreachableError } from '../../../src/client/problem.js';
import { StreamLog, type StreamLogOptions } from '../../../src/store/stream-log.js';
import { eventAt, STREAM } from './event-at.js';

/** A host that keeps a stream; what is asked of it may be held up. */
class Host {
  events: Event[] = [];
  private line: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly api: StreamLogOptions['api'] = {
    read: async (_stream, { afterOffset, beforeOffset = Infinity, limit = 500 } = {}) => {
      if (this.events.length === 0) {
        throw new RefusedError('unknown-stream', 'Nothing has happened.', 404);
      }
      const below = this.events.filter(event => event.offset < beforeOffset);
      const events =
        afterOffset === undefined
          ? below.slice(-limit)
          : below.filter(event => event.offset > afterOffset).slice(0, limit);
      return { events, head: this.events.length };
    },
    follow: async (_stream, afterOffset, signal) =>
      new ReadableStream<Uint8Array>({
        start: controller => {
          this.line = controller;
          signal.addEventListener('abort', () => controller.error(signal.reason), { once: true });
          this.send(this.events.filter(event => event.offset > afterOffset));
        }
      })
  };

  grow(by: number): void {
    const from = this.events.length + 1;
    const fresh = Array.from({ length: by }, (_, index) => eventAt(from + index));
    this.events = [...this.events, ...fresh];
    this.send(fresh);
  }

  /** End the live stream. */
  cut(): void {
    this.line?.close();
  }

  private send(events: readonly Event[]): void {
    const text = events.map(event => `data: ${JSON.stringify(event)}\n\n`).join('');
    this.line?.enqueue(new TextEncoder().encode(text));
  }
}

const opened: StreamLog[] = [];
afterEach(() => opened.splice(0).forEach(log => log.dispose()));

async function logOf(host: Host): Promise<StreamLog> {
  const [onChange, onEvents] = [vi.fn(), vi.fn()];
  const log = new StreamLog({ api: host.api, stream: STREAM, pace: 'live', onChange, onEvents });
  opened.push(log);
  await vi.waitFor(() => expect(log.connection.kind).toBe('connected'));
  return log;
}
const ends = ({ events }: StreamLog) => [events[0]?.offset, events.at(-1)?.offset];

describe('one stream in the Streams browser', () => {
  it('[B9] begins with the newest page and follows; never holds more than five thousand events', async () => {
    const host = new Host();
    host.grow(2_000);
    const log = await logOf(host);
    expect(ends(log)).toEqual([1_501, 2_000]);
    host.grow(6_000);
    await vi.waitFor(() => expect(log.events.at(-1)?.offset).toBe(8_000));
    expect(log.events.length).toBe(5_000);
    expect(log.count).toBe(8_000);
  });

  it('[B5] counts what comes while the view is held, and has it all when it goes on', async () => {
    const host = new Host();
    host.grow(10);
    const log = await logOf(host);
    log.pause();
    host.grow(3);
    await vi.waitFor(() => expect(log.unseen).toBe(3));
    expect(ends(log)).toEqual([1, 10]);
    log.follow();
    await vi.waitFor(() => expect(ends(log)).toEqual([1, 13]));
    expect(log.unseen).toBe(0);

    log.pause();
    host.grow(2_000);
    await vi.waitFor(() => expect(log.unseen).toBe(2_000));
    log.follow();
    await vi.waitFor(() => expect(ends(log)).toEqual([1_514, 2_013]));
  });

  it('[B5] loads older pages without end, and newer ones on the way back, within its bound', async () => {
    const host = new Host();
    host.grow(7_000);
    const log = await logOf(host);
    while (log.hasOlder) {
      await log.loadOlder();
      expect(log.events.length).toBeLessThanOrEqual(5_000);
    }
    expect(ends(log)).toEqual([1, 5_000]);
    expect(log.isFollowing).toBe(false);
    await log.loadNewer();
    expect(ends(log)).toEqual([501, 5_500]);
    log.follow();
    await vi.waitFor(() => expect(ends(log)).toEqual([6_501, 7_000]));
  });

  it('[B2] follows a stream that has not begun', async () => {
    const host = new Host();
    const log = await logOf(host);
    expect(log.isLoaded).toBe(true);
    expect(log.count).toBe(0);
    host.grow(2);
    await vi.waitFor(() => expect(ends(log)).toEqual([1, 2]));
  });

  it('[B12] shows nothing any more of what may not be read any more, and all of it once it may', async () => {
    const host = new Host();
    host.grow(3);
    const log = await logOf(host);
    const { follow, read } = host.api;
    const refused = () => Promise.reject(new RefusedError('forbidden', 'Not yours.', 403));
    Object.assign(host.api, { follow: refused, read: refused });
    host.cut();
    await vi.waitFor(() => expect(log.refusal).toBe('Not yours.'), 5_000);
    await vi.waitFor(() => expect(log.events).toEqual([]));
    Object.assign(host.api, { follow, read });
    log.wake();
    await vi.waitFor(() => expect(ends(log)).toEqual([1, 3]), 5_000);
    expect(log.refusal).toBeUndefined();
  });

  it('[B7] keeps what it has when a page cannot be loaded, and can ask again', async () => {
    const host = new Host();
    host.grow(800);
    const log = await logOf(host);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { read } = host.api;
    host.api.read = async () => Promise.reject(new UnreachableError('gone'));
    await log.loadOlder();
    expect(ends(log)).toEqual([301, 800]);
    host.api.read = read;
    await log.loadOlder();
    expect(ends(log)).toEqual([1, 800]);
    warn.mockRestore();
  });
});
