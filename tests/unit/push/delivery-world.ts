/** Subscriptions on a journal in memory and a clock that tests turn, with real requests. */
import { systemClock } from '../../../agent/clock.js';
import { ProcessExpressions } from '../../../agent/expressions/process-expressions.js';
import { randomIds } from '../../../agent/ids.js';
import { memoryJournal } from '../../../agent/journal/memory.js';
import { StreamAccess } from '../../../agent/loop/access.js';
import { Subscribers, type Outside } from '../../../agent/loop/subscribers.js';
import type { Journal } from '../../../agent/ports/host.js';
import { HttpPush } from '../../../agent/push/http-push.js';
import type { Draft, Event, FactOf, JsonObject, StreamPath } from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';
import { EXPRESSION_PROGRAM } from '../reactions/expression-program.js';
import { Receiver } from './receiver.js';

type Subscription = FactOf<'subscription.configured'>['data'];

/** The secret of every subscription here. */
export const SECRET = `whsec_${Buffer.from('a key of thirty-two bytes or so').toString('base64')}`;

export class DeliveryWorld {
  readonly clock = new CrankedClock();
  readonly journal: Journal = memoryJournal(randomIds, this.clock);
  readonly receiver = new Receiver();
  readonly #expressions = new ProcessExpressions({
    program: EXPRESSION_PROGRAM,
    clock: systemClock
  });
  readonly #push = new HttpPush({ allowPrivate: true });
  readonly outside: Outside = {
    push: this.#push,
    expressions: this.#expressions,
    secrets: { secretOf: () => SECRET },
    // The middle of the spread: a delay is as long as it is named.
    chance: () => 0.5
  };
  subscribers = this.#begin();

  async start(): Promise<this> {
    await this.receiver.start();
    this.subscribers.start();
    return this;
  }

  /** The next host on the same journal. */
  restart(): void {
    this.subscribers.stop();
    this.subscribers = this.#begin();
    this.subscribers.start();
  }

  stop(): void {
    this.subscribers.stop();
    this.#push.close();
    this.#expressions.close();
    this.receiver.stop();
  }

  /** Appends facts; settles once they are durable. */
  async append(stream: string, ...facts: Pick<Draft, 'type' | 'v' | 'data'>[]): Promise<Event[]> {
    const at = new Date(this.clock.now()).toISOString();
    const envelope = { at, actor: { kind: 'human', id: 'ann' }, assurance: 'verified' } as const;
    const events = facts.map(fact => ({ ...fact, ...envelope }) as Draft);
    const appended = this.journal.append({ stream: stream as StreamPath, events });
    await appended.durable;
    return [...appended.events];
  }

  configure(stream: string, more: Partial<Subscription> = {}): Promise<Event[]> {
    const data = { slug: 'hook', url: this.receiver.url(), ...more };
    return this.append(stream, { type: 'subscription.configured', v: 1, data });
  }

  say(stream: string, ...texts: string[]): Promise<Event[]> {
    return this.append(stream, ...texts.map(text => posted('said', { text })));
  }

  /** Types of the stream's facts. */
  types(stream: string): string[] {
    return this.journal.read(stream as StreamPath).map(({ type }) => type);
  }

  status(stream: string) {
    return this.subscribers.subscriptions(stream as StreamPath);
  }

  #begin(): Subscribers {
    const { journal, clock } = this;
    return new Subscribers({
      ...{ journal, clock, ...this.outside, access: new StreamAccess({ journal, clock }) },
      append: (stream, change) => journal.append({ stream, ...change })
    });
  }
}

export function posted(type: string, payload: JsonObject): FactOf<'event.posted'> {
  return { type: 'event.posted', v: 1, data: { type, payload } };
}
