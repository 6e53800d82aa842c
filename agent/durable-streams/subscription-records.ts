/** The rows of subscriptions and of the streams that each of them follows. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { formatOffset } from './offsets.js';
import type { StreamRecords } from './records.js';
import { matches, type SubscriptionConfig } from './subscription-config.js';

/** A subscription as it is stored. */
export interface SubscriptionRow {
  readonly id: string;
  /** JSON of its SubscriptionConfig in normal form. */
  readonly config: string;
  readonly created_at: string;
  readonly generation: number;
  /** The wake in flight; null for none. */
  readonly wake: string | null;
  /** JSON of the tails by path that the wake told of. */
  readonly snapshot: string | null;
  readonly token: string | null;
  readonly holder: string | null;
  readonly lease_until: number | null;
  readonly failures: number;
  readonly next_attempt_at: number | null;
}

type Changes = Partial<Omit<SubscriptionRow, 'id' | 'config' | 'created_at'>>;

/** A followed stream, as it is told to receivers. */
export interface FollowedStream {
  readonly path: string;
  readonly link_type: 'glob' | 'explicit';
  readonly acked_offset: string;
  readonly tail_offset: string;
  readonly has_pending: boolean;
}

export class SubscriptionRecords {
  readonly #database: DatabaseSync;
  readonly #streams: StreamRecords;
  /** Undefined until it is asked for behind a change. */
  #any: boolean | undefined;

  constructor(database: DatabaseSync, streams: StreamRecords) {
    this.#database = database;
    this.#streams = streams;
  }

  find(id: string): SubscriptionRow | undefined {
    return this.#database
      .prepare('SELECT * FROM ds_subscriptions WHERE id = ?')
      .get(id) as unknown as SubscriptionRow | undefined;
  }

  /** Is there any? Asked at each event of the journal, so known without a look at the database. */
  any(): boolean {
    if (this.#any !== undefined) {
      return this.#any;
    }
    const row = this.#database.prepare('SELECT 1 FROM ds_subscriptions LIMIT 1').get();
    if (!this.#database.isTransaction) {
      this.#any = row !== undefined;
    }
    return row !== undefined;
  }

  all(): SubscriptionRow[] {
    return this.#database
      .prepare('SELECT * FROM ds_subscriptions')
      .all() as unknown as SubscriptionRow[];
  }

  /** Subscriptions that follow the stream. */
  following(path: string): string[] {
    return this.#database
      .prepare('SELECT DISTINCT subscription FROM ds_links WHERE path = ?')
      .all(path)
      .map(row => String(row['subscription']));
  }

  /** Adds the subscription, with its streams at their present tails. */
  insert(id: string, config: SubscriptionConfig, createdAt: string): void {
    this.#any = undefined;
    this.#database
      .prepare('INSERT INTO ds_subscriptions (id, config, created_at) VALUES (?, ?, ?)')
      .run(id, JSON.stringify(config), createdAt);
    this.follow(id, config.streams);
    for (const { path, tail } of config.pattern === null ? [] : this.#streams.all()) {
      this.#followIfMatching(id, config, path, tail);
    }
  }

  /** Follows these streams explicitly, from their present tails. */
  follow(id: string, paths: readonly string[]): void {
    for (const path of paths) {
      this.#link(id, path, 'explicit', this.#streams.byPath(path)?.tail ?? 0);
    }
  }

  unfollow(id: string, path: string): void {
    this.#database
      .prepare("DELETE FROM ds_links WHERE subscription = ? AND path = ? AND type = 'explicit'")
      .run(id, path);
  }

  /** Has every pattern that matches follow the stream, before it is appended to at this tail. */
  discover(path: string, tail: number): void {
    for (const { id, config } of this.all()) {
      this.#followIfMatching(id, JSON.parse(config) as SubscriptionConfig, path, tail);
    }
  }

  update(id: string, changes: Changes): void {
    const names = Object.keys(changes);
    const values = Object.values(changes) as SQLInputValue[];
    const set = names.map(name => `${name} = ?`).join(', ');
    this.#database.prepare(`UPDATE ds_subscriptions SET ${set} WHERE id = ?`).run(...values, id);
  }

  delete(id: string): void {
    this.#any = undefined;
    this.#database.prepare('DELETE FROM ds_links WHERE subscription = ?').run(id);
    this.#database.prepare('DELETE FROM ds_subscriptions WHERE id = ?').run(id);
  }

  /** Moves the cursor of a stream on; it never goes back. */
  ack(id: string, path: string, position: number): void {
    this.#database
      .prepare('UPDATE ds_links SET acked = max(acked, ?) WHERE subscription = ? AND path = ?')
      .run(position, id, path);
  }

  /** What the subscription follows; a stream that is followed twice is told as explicit. */
  followed(id: string): FollowedStream[] {
    const links = this.#database
      .prepare(
        `SELECT path, min(type) AS type, max(acked) AS acked FROM ds_links
         WHERE subscription = ? GROUP BY path ORDER BY path`
      )
      .all(id) as unknown as { path: string; type: 'glob' | 'explicit'; acked: number }[];
    return links.map(({ path, type, acked }) => {
      const stream = this.#streams.byPath(path);
      const tail = stream?.deleted === 0 ? stream.tail : acked;
      return {
        path,
        link_type: type,
        acked_offset: formatOffset(acked),
        tail_offset: formatOffset(tail),
        has_pending: tail > acked
      };
    });
  }

  #followIfMatching(id: string, config: SubscriptionConfig, path: string, tail: number): void {
    const { pattern, wake_stream: wakeStream } = config;
    // A wake that woke its own subscription would never end.
    if (pattern !== null && path !== wakeStream && matches(pattern, path)) {
      this.#link(id, path, 'glob', tail);
    }
  }

  #link(id: string, path: string, type: FollowedStream['link_type'], acked: number): void {
    this.#database
      .prepare('INSERT OR IGNORE INTO ds_links VALUES (?, ?, ?, ?)')
      .run(id, path, type, acked);
  }
}
