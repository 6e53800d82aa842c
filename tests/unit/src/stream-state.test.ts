import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StreamPath } from '../../../schema/index.js';
import type { StreamState } from '../../../src/client/stream-state.js';
import { RefusedError, UnreachableError } from '../../../src/client/problem.js';
import { StreamStateWatch } from '../../../src/store/stream-state.js';

/** A host whose answers are given by hand. */
class Host {
  readonly asked: {
    stream: StreamPath;
    answer: (count: number) => void;
    fail: (e: Error) => void;
  }[] = [];

  readonly api = {
    state: (stream: StreamPath) =>
      new Promise<StreamState>((resolve, reject) => {
        const answer = (eventCount: number) => resolve({ eventCount } as StreamState);
        this.asked.push({ stream, answer, fail: reject });
      })
  };

  /** The n-th request, from 0, once it was made. */
  async request(index: number) {
    return vi.waitFor(() => {
      const request = this.asked[index];
      expect(request).toBeDefined();
      return request!;
    });
  }
}

const [one, two] = ['/one', '/two'] as StreamPath[];
const watches: StreamStateWatch[] = [];
afterEach(() => watches.splice(0).forEach(watch => watch.dispose()));

function watchOf(host: Host): StreamStateWatch {
  const watch = new StreamStateWatch(host.api, () => undefined);
  watches.push(watch);
  return watch;
}

describe('the state of a stream', () => {
  it('[B3] is asked for again when something happened while an answer was on its way', async () => {
    const host = new Host();
    const watch = watchOf(host);
    watch.watch(one);
    const first = await host.request(0);
    watch.renew();
    watch.renew();
    first.answer(1);
    (await host.request(1)).answer(3);
    await vi.waitFor(() => expect(watch.current).toMatchObject({ state: { eventCount: 3 } }));
    expect(host.asked.length).toBe(2);
  });

  it('[B3] is that of the stream that is looked at, also if the answer for another one comes later', async () => {
    const host = new Host();
    const watch = watchOf(host);
    watch.watch(one);
    const first = await host.request(0);
    watch.watch(two);
    first.answer(1);
    const second = await host.request(1);
    expect(second.stream).toBe(two);
    expect(watch.current).toEqual({ kind: 'loading' });
    second.answer(2);
    await vi.waitFor(() => expect(watch.current).toMatchObject({ state: { eventCount: 2 } }));
  });

  it('[B7] says what the host refuses, and stands as it was while nobody answers', async () => {
    const host = new Host();
    const watch = watchOf(host);
    watch.watch(one);
    (await host.request(0)).answer(1);
    await vi.waitFor(() => expect(watch.current.kind).toBe('known'));
    watch.renew();
    (await host.request(1)).fail(new UnreachableError('gone'));
    watch.renew();
    (await host.request(2)).fail(new RefusedError('host-unavailable', 'It is stopped.', 503));
    watch.renew();
    const fourth = await host.request(3);
    expect(watch.current).toMatchObject({ state: { eventCount: 1 } });
    fourth.fail(new RefusedError('forbidden', 'You may not read it.', 403));
    await vi.waitFor(() =>
      expect(watch.current).toEqual({ kind: 'refused', detail: 'You may not read it.' })
    );
  });
});
