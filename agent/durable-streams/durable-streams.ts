/**
 * The Durable Streams protocol as a part that a host mounts: its state, made of inputs alone. The
 * host checks who asks before it hands a request on; nothing here does.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Ids } from '../ports/inputs.js';
import type { Push } from '../ports/push.js';
import type { Gatekeeper } from './caller.js';
import type { StreamJournal } from './records.js';
import { SigningKey } from './signing.js';
import { Streams } from './streams.js';
import { SubscriptionRecords } from './subscription-records.js';
import { Wakes } from './wakes.js';

export interface DurableStreamsOptions {
  /** The journal and its own database, at its newest shape. The caller closes them, after this. */
  readonly journal: StreamJournal;
  readonly database: DatabaseSync;
  readonly gatekeeper: Gatekeeper;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Sends wakes to webhooks. */
  readonly push: Push;
  /** The address of all streams as clients reach it, such as `https://host/v1/stream`. */
  readonly root: string;
  /** How long a long-poll waits for more. */
  readonly longPollMs: number;
  /** May webhooks go to plain HTTP on this machine? For development only. */
  readonly localWebhooks: boolean;
}

export class DurableStreams {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly push: Push;
  readonly root: string;
  readonly longPollMs: number;
  readonly localWebhooks: boolean;
  readonly streams: Streams;
  readonly signing: SigningKey;
  readonly subscriptions: SubscriptionRecords;
  readonly wakes: Wakes;

  constructor(options: DurableStreamsOptions) {
    this.clock = options.clock;
    this.ids = options.ids;
    this.push = options.push;
    this.root = options.root;
    this.longPollMs = options.longPollMs;
    this.localWebhooks = options.localWebhooks;
    this.streams = new Streams(options);
    this.signing = new SigningKey(options.database);
    this.subscriptions = new SubscriptionRecords(options.database, this.streams.records);
    this.wakes = new Wakes(this);
    this.streams.listen(this.wakes);
    this.wakes.resume();
  }

  /** The stream's path in a URL's path; undefined for an address outside. Refuses bad encoding. */
  pathOf(pathname: string): string | undefined {
    const prefix = '/v1/stream/';
    const at = pathname.indexOf(prefix);
    return at < 0 ? undefined : pathname.slice(at + prefix.length);
  }

  /** Ends what waits; nothing is delivered after that. */
  close(): void {
    this.streams.close();
    this.wakes.close();
  }
}
