/**
 * The door of a service on a journal in memory whose process can be killed: what was not yet durable is
 * gone then, and nothing of it acts any more. Time goes on only when it is told to.
 */
import type { Expressions } from '../../../agent/ports/expressions.js';
import { GroupCommitJournal } from '../../../agent/journal/group-commit.js';
import { memoryStorage } from '../../../agent/journal/memory.js';
import type { Storage } from '../../../agent/journal/storage.js';
import { PostDoor } from '../../../agent/loop/post-door.js';
import type { Clock } from '../../../agent/ports/inputs.js';
import {
  published,
  type Event,
  type Json,
  type PublishedEvent,
  type Rejection,
  type StreamPath
} from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';

export const STREAM = '/s' as StreamPath;
export const ADA = { username: 'ada', may: ['admin'] } as const;
/** The start of the tests: a Saturday. */
export const START = Date.parse('2026-11-21T07:00:00.000Z');

/** The journal gathers a group for so many turns of the event loop, at most. */
const TURNS = 9;

/** Evaluates nothing; for what needs no expressions. */
const NO_EXPRESSIONS: Expressions = {
  evaluate: () => Promise.reject(new Error('No expression is evaluated here.')),
  close: () => undefined
};

export class ReactionsWorld {
  readonly clock = new CrankedClock();
  door: PostDoor;
  readonly #storage = memoryStorage();
  readonly #expressions: Expressions;
  #id = 0;
  #alive = { now: true };

  constructor(expressions = NO_EXPRESSIONS) {
    this.#expressions = expressions;
    this.clock.jump(START - this.clock.now());
    this.door = this.#open();
  }

  /** The process ends as it stands, and another one begins. */
  restart(): void {
    this.#alive.now = false;
    this.door = this.#open();
  }

  /** Posts and waits until it is durable. */
  async post(type: string, payload: Json = {}, stream = STREAM): Promise<Event | Rejection> {
    const answer = await this.door.streams.post(
      stream,
      { type, payload },
      { ...ADA, may: [...ADA.may] }
    );
    return 'event' in answer ? answer.event : answer.rejection;
  }

  /** Lets time pass in steps of a second at most, and what was appended become durable. */
  async pass(seconds: number): Promise<void> {
    for (let left = seconds * 1000; left > 0; left -= 1000) {
      this.clock.pass(Math.min(left, 1000));
      await this.settle();
    }
  }

  /** What was appended in this turn is durable. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) {
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  events(stream = STREAM): PublishedEvent[] {
    return this.door.journal.read(stream).map(published);
  }

  /** The posted events of this type as seconds since the start, by when they were appended. */
  times(type: string, stream = STREAM): number[] {
    const found = this.events(stream).filter(event => event.type === type);
    return found.map(({ createdAt }) => (Date.parse(createdAt) - START) / 1000);
  }

  #open(): PostDoor {
    const alive = { now: true };
    this.#alive = alive;
    const clock: Clock = {
      now: () => this.clock.now(),
      after: (delay, callback) => this.clock.after(delay, () => alive.now && callback())
    };
    const storage: Storage = {
      ...this.#storage,
      commit: (entries, snapshots) => {
        if (alive.now) {
          this.#storage.commit(entries, snapshots);
        }
      }
    };
    const ids = { next: () => `id-${++this.#id}` };
    const journal = new GroupCommitJournal(storage, ids, clock);
    const door = new PostDoor({
      ...{ journal, clock, ids },
      outside: {
        expressions: this.#expressions,
        push: { post: () => Promise.resolve({ failure: 'none' }), refusal: () => null },
        secrets: { secretOf: () => 'whsec_none' },
        chance: () => 0
      },
      warn: message => console.error(message)
    });
    door.streams.start();
    return door;
  }
}
