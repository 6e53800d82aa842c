/**
 * What one subscription sends: every event behind its cursor, in order, one request at a time, the
 * next after the one before was taken. Guarantees: what was not taken is sent again, also by the next
 * host, with the same id; a receiver that is slow or away holds up this line alone; an event that
 * cannot be sent, or whose reader may not read it any more, parks the line with a fact that says why.
 */
import { reactionActor } from '../core/actors.js';
import { deliveryDelay, MOST_ATTEMPTS } from '../core/push/delay.js';
import type { StandingSubscription } from '../core/reactions/reactions.js';
import { askerBehind, secretHolder } from '../core/stream/asker.js';
import type { Event, FactOf, Json, StreamPath } from '../../schema/index.js';
import { JournalUnreachable, type Appended, type Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { Push, PushSecrets } from '../ports/push.js';
import type { Expressions } from '../ports/expressions.js';
import type { StreamAccess } from './access.js';
import { askedDelay, bodyOf, headersOf } from './delivery-body.js';
import { cursorName, startOf, type DeliveryCursor } from './delivery-cursor.js';
import type { StreamChange } from './streams.js';

export interface DeliveryContext {
  readonly journal: Pick<Journal, 'read' | 'append' | 'cursors'>;
  readonly clock: Clock;
  /** From 0 to 1, another each time. */
  readonly chance: () => number;
  readonly push: Push;
  readonly secrets: PushSecrets;
  readonly expressions: Expressions;
  readonly access: Pick<StreamAccess, 'behind'>;
  /** Appends to a stream; a notebook's through what folds it. */
  readonly append: (stream: StreamPath, change: StreamChange) => Pick<Appended, 'durable'>;
}

/** Few: they are held while the first of them is sent. */
const PAGE = 10;
const TIMEOUT_MS = 15_000;
const UNREADABLE_MS = 1000;
const LONGEST_ERROR = 2000;
const GONE = 410;

export class DeliveryLine {
  readonly #context: DeliveryContext;
  readonly #stream: StreamPath;
  readonly #standing: StandingSubscription;
  readonly #stopped = new AbortController();
  #cursor: DeliveryCursor;
  #running = false;
  #cancelTimer: () => void = () => undefined;

  /** `known`: where it was, if it is known. */
  constructor(
    context: DeliveryContext,
    stream: StreamPath,
    standing: StandingSubscription,
    known: DeliveryCursor | null
  ) {
    this.#context = context;
    this.#stream = stream;
    this.#standing = standing;
    this.#cursor = startOf(standing, known);
  }

  get cursor(): DeliveryCursor {
    return this.#cursor;
  }

  /** There may be something to send. */
  poke(): void {
    if (this.#running || this.#stopped.signal.aborted || this.#standing.parked !== null) {
      return;
    }
    this.#cancelTimer();
    const wait = (this.#cursor.nextAt ?? 0) - this.#context.clock.now();
    if (wait > 0) {
      this.#again(wait);
      return;
    }
    this.#running = true;
    void this.#run().finally(() => (this.#running = false));
  }

  /** Sends nothing more; what is being sent is broken off. */
  stop(): void {
    this.#stopped.abort(new Error('The host is ending.'));
    this.#cancelTimer();
  }

  #again(delay: number): void {
    this.#cancelTimer = this.#context.clock.after(delay, () => this.poke());
  }

  async #run(): Promise<void> {
    try {
      while (await this.#sendPage()) {
        // Goes on until there is nothing more, or something failed.
      }
    } catch (error) {
      if (!(error instanceof JournalUnreachable)) {
        throw error;
      }
      this.#again(UNREADABLE_MS);
    }
  }

  /** Is there perhaps more to send at once? */
  async #sendPage(): Promise<boolean> {
    const { journal } = this.#context;
    const events = journal.read(this.#stream, { after: this.#cursor.after, limit: PAGE });
    for (const event of events) {
      if (!(await this.#deal(event))) {
        return false;
      }
    }
    if (events.length > 0) {
      await this.#save(this.#cursor);
    }
    return events.length > 0 && !this.#stopped.signal.aborted;
  }

  /** Is the event done with? */
  async #deal(event: Event): Promise<boolean> {
    const { data } = this.#standing.configured;
    const body = await bodyOf(event, data, this.#context.expressions);
    if (this.#stopped.signal.aborted) {
      return false;
    }
    if ('failure' in body) {
      // An expression fails the same each time.
      await this.#park(event, this.#cursor.attempts + 1, body.failure);
      return false;
    }
    if (body.text === null) {
      this.#cursor = { ...this.#cursor, after: event.offset, attempts: 0, nextAt: null };
      return true;
    }
    return this.#send(event, body.text);
  }

  async #send(event: Event, text: string): Promise<boolean> {
    const { access, clock, push, secrets } = this.#context;
    const { configured } = this.#standing;
    const { slug, url, format } = configured.data;
    const allowed = access.behind(configured, 'read');
    if ('rejection' in allowed) {
      await this.#park(event, this.#cursor.attempts + 1, allowed.rejection.detail);
      return false;
    }
    const holder = secretHolder(this.#stream, askerBehind(configured));
    const secret = secrets.secretOf(this.#stream, slug, holder);
    const headers = headersOf(event, text, format ?? 'event', secret, clock.now());
    const limit = new AbortController();
    const cancel = clock.after(TIMEOUT_MS, () =>
      limit.abort(new Error(`The address did not answer within ${TIMEOUT_MS / 1000} s.`))
    );
    const signal = AbortSignal.any([this.#stopped.signal, limit.signal]);
    const answer = await push.post({ url, headers, body: text, signal });
    cancel();
    if (this.#stopped.signal.aborted) {
      return false;
    }
    if ('failure' in answer) {
      return this.#failed(event, answer.failure, 0);
    }
    if (answer.status >= 200 && answer.status < 300) {
      await this.#save({ ...this.#cursor, after: event.offset, attempts: 0, nextAt: null });
      return !this.#stopped.signal.aborted;
    }
    if (answer.status === GONE) {
      await this.#state({ type: 'subscription.removed', v: 1, data: { slug } });
      return false;
    }
    const asked = askedDelay(answer.retryAfter, clock.now());
    return this.#failed(event, `The address answered ${answer.status}.`, asked);
  }

  async #failed(event: Event, failure: string, askedMs: number): Promise<false> {
    const attempts = this.#cursor.attempts + 1;
    if (attempts >= MOST_ATTEMPTS) {
      await this.#park(event, attempts, failure);
      return false;
    }
    const { clock, chance } = this.#context;
    const delay = deliveryDelay(attempts, chance(), askedMs);
    const nextAt = clock.now() + delay;
    await this.#save({ ...this.#cursor, after: event.offset - 1, attempts, nextAt });
    if (!this.#stopped.signal.aborted) {
      this.#again(Math.max(0, nextAt - clock.now()));
    }
    return false;
  }

  async #park({ offset }: Event, attempts: number, failure: string): Promise<void> {
    const error = failure.slice(0, LONGEST_ERROR);
    const { slug } = this.#standing.configured.data;
    await this.#save({ ...this.#cursor, after: offset - 1, attempts, nextAt: null });
    const data = { slug, offset, attempts, error };
    await this.#state({ type: 'subscription.parked', v: 1, data });
  }

  async #state(
    fact: FactOf<'subscription.parked'> | FactOf<'subscription.removed'>
  ): Promise<void> {
    const at = new Date(this.#context.clock.now()).toISOString();
    const { id, actor: configuredBy } = this.#standing.configured;
    const actor = reactionActor('deliverer', configuredBy);
    if (!this.#stopped.signal.aborted) {
      const envelope = { at, actor, assurance: 'verified', causationId: id } as const;
      await this.#context.append(this.#stream, { events: [{ ...fact, ...envelope }] }).durable;
    }
  }

  async #save(cursor: DeliveryCursor): Promise<void> {
    if (this.#stopped.signal.aborted) {
      return;
    }
    this.#cursor = cursor;
    const { slug } = this.#standing.configured.data;
    const cursors = { [cursorName(slug)]: { ...cursor } as Json };
    await this.#context.journal.append({ stream: this.#stream, cursors }).durable;
  }
}
