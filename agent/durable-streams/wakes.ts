/**
 * Wakes subscriptions that have work. It guarantees that one wake at most is in flight for each, that
 * what an earlier wake allowed is refused after it, and that leases and retries outlive a restart.
 */
import type { DurableStreams } from './durable-streams.js';
import { parseOffset } from './offsets.js';
import type { SubscriptionConfig } from './subscription-config.js';
import type { SubscriptionRow } from './subscription-records.js';
import type { AppendListener } from './changes.js';
import { tellWakeStream } from './wake-stream.js';
import { postWebhook, retryDelay } from './webhook.js';

const IDLE = {
  wake: null,
  snapshot: null,
  token: null,
  holder: null,
  lease_until: null,
  failures: 0,
  next_attempt_at: null
};

export class Wakes implements AppendListener {
  readonly #context: DurableStreams;
  readonly #timers = new Map<string, () => void>();
  readonly #closing = new AbortController();

  constructor(context: DurableStreams) {
    this.#context = context;
  }

  follows(): boolean {
    return this.#context.subscriptions.any();
  }

  before(path: string, tail: number): void {
    this.#context.subscriptions.discover(path, tail);
  }

  after(path: string): void {
    for (const id of this.#context.subscriptions.following(path)) {
      this.wake(id);
    }
  }

  /** Goes on with what an earlier process left. */
  resume(): void {
    for (const { id } of this.#context.subscriptions.all()) {
      this.#schedule(id);
      this.wake(id);
    }
  }

  close(): void {
    this.#closing.abort();
    for (const cancel of this.#timers.values()) {
      cancel();
    }
  }

  /** Begins a wake if the subscription is idle and has work. */
  wake(id: string): void {
    const { subscriptions, streams, clock, ids } = this.#context;
    const row = subscriptions.find(id);
    const pending =
      row?.wake === null ? subscriptions.followed(id).filter(one => one.has_pending) : [];
    const [first] = pending;
    if (row === undefined || first === undefined || this.#closing.signal.aborted) {
      return;
    }
    const config = JSON.parse(row.config) as SubscriptionConfig;
    const generation = row.generation + 1;
    const webhook = config.type === 'webhook';
    const snapshot = Object.fromEntries(pending.map(one => [one.path, one.tail_offset]));
    subscriptions.update(id, {
      ...IDLE,
      generation,
      wake: `w_${ids.next()}`,
      snapshot: JSON.stringify(snapshot),
      token: webhook ? ids.secret() : null,
      lease_until: webhook ? clock.now() + config.lease_ttl_ms : null
    });
    if (webhook) {
      this.#schedule(id);
      void this.#deliver(id);
      return;
    }
    const ts = clock.now();
    const event = { type: 'wake', subscription_id: id, stream: first.path, generation, ts };
    tellWakeStream(streams, config.wake_stream ?? '', event);
  }

  /** Gives the wake in flight to a worker. */
  claim(row: SubscriptionRow, worker: string, leaseMs: number): string {
    const token = this.#context.ids.secret();
    const until = this.#context.clock.now() + leaseMs;
    this.#context.subscriptions.update(row.id, { holder: worker, token, lease_until: until });
    this.#schedule(row.id);
    return token;
  }

  /** Lengthens the lease of the wake in flight. */
  extend(id: string, leaseMs: number): void {
    const until = this.#context.clock.now() + leaseMs;
    this.#context.subscriptions.update(id, {
      lease_until: until,
      failures: 0,
      next_attempt_at: null
    });
    this.#schedule(id);
  }

  /** Ends the wake in flight; is there work for another, which then begins? */
  finish(id: string): boolean {
    this.#context.subscriptions.update(id, IDLE);
    this.cancel(id);
    this.wake(id);
    return this.#context.subscriptions.find(id)?.wake != null;
  }

  /** Forgets the timer of a subscription. */
  cancel(id: string): void {
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }

  #schedule(id: string): void {
    this.cancel(id);
    const row = this.#context.subscriptions.find(id);
    const at = row?.next_attempt_at ?? row?.lease_until;
    if (at != null) {
      const delay = Math.max(0, at - this.#context.clock.now());
      this.#timers.set(
        id,
        this.#context.clock.after(delay, () => this.#due(id, row?.next_attempt_at != null))
      );
    }
  }

  #due(id: string, retry: boolean): void {
    if (this.#closing.signal.aborted) {
      return;
    }
    if (!retry) {
      this.finish(id);
      return;
    }
    const row = this.#context.subscriptions.find(id);
    if (row !== undefined) {
      const { lease_ttl_ms: leaseMs } = JSON.parse(row.config) as SubscriptionConfig;
      const until = this.#context.clock.now() + leaseMs;
      this.#context.subscriptions.update(id, { lease_until: until, next_attempt_at: null });
      this.#schedule(id);
      void this.#deliver(id);
    }
  }

  async #deliver(id: string): Promise<void> {
    const { subscriptions, signing, clock, push, root } = this.#context;
    const row = subscriptions.find(id);
    if (row === undefined) {
      return;
    }
    const config = JSON.parse(row.config) as SubscriptionConfig;
    const body = JSON.stringify({
      subscription_id: id,
      wake_id: row.wake,
      generation: row.generation,
      streams: subscriptions.followed(id),
      callback_url: `${root}/__ds/subscriptions/${encodeURIComponent(id)}/callback`,
      callback_token: row.token
    });
    const limit = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(config.lease_ttl_ms)]);
    const done = await postWebhook(
      push,
      config.webhook?.url ?? '',
      body,
      signing.signature(body, clock.now()),
      limit
    );
    const current = this.#closing.signal.aborted ? undefined : subscriptions.find(id);
    if (current === undefined || current.wake !== row.wake) {
      return;
    }
    if (done === undefined) {
      this.#retryLater(current);
    } else if (done) {
      this.#context.streams.records.atomically(() => {
        const snapshot = JSON.parse(current.snapshot ?? '{}') as Record<string, string>;
        for (const [path, tail] of Object.entries(snapshot)) {
          subscriptions.ack(id, path, parseOffset(tail) ?? 0);
        }
        subscriptions.update(id, IDLE);
      });
      this.finish(id);
    }
  }

  #retryLater(row: SubscriptionRow): void {
    const chance = parseInt(this.#context.ids.secret().slice(0, 8), 16) / 0xffffffff;
    this.#context.subscriptions.update(row.id, {
      failures: row.failures + 1,
      next_attempt_at: this.#context.clock.now() + retryDelay(row.failures, chance)
    });
    this.#schedule(row.id);
  }
}
