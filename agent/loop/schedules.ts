/**
 * Appends events at the times of schedules. What says that a schedule fired, its event and its cursor
 * are one batch, so that it fires once for each time that is due, whatever ends when, and never after
 * it was cancelled. Times that passed while nobody was there, or while the stream was paused, count as
 * one. One timer serves all streams; it looks at the wall clock at least once a minute, so that a
 * clock that jumps, or a computer that slept, costs a minute at most.
 */
import { reactionActor } from '../core/actors.js';
import { dueNow, nextDue, scheduleCursor, type ScheduleCursor } from '../core/reactions/due.js';
import { scheduledFact } from '../core/reactions/scheduled-fact.js';
import { millisecondsOf } from '../core/timestamp.js';
import type {
  Draft,
  Event,
  EventId,
  EventOf,
  Json,
  Rejection,
  StreamPath
} from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { DueQueue } from './due-queue.js';
import type { Posts } from './posts.js';

export interface SchedulesContext {
  readonly journal: Pick<Journal, 'append'>;
  readonly posts: Pick<Posts, 'behind' | 'react'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'next'>;
}

interface Standing {
  readonly configured: EventOf<'schedule.configured'>;
  readonly due: number;
}

const LONGEST_TIMER_MS = 60_000;
/** After a journal that takes nothing. */
const AGAIN_MS = 1_000;
/** So many fire in one turn. */
const AT_ONCE = 200;

export class Schedules {
  readonly #context: SchedulesContext;
  /** What is still to fire, by name. */
  readonly #standing = new Map<string, Standing>();
  /** What was due while its stream was paused, by stream. */
  readonly #held = new Map<StreamPath, Set<string>>();
  readonly #queue = new DueQueue();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #stopped = false;

  constructor(context: SchedulesContext) {
    this.#context = context;
  }

  /** Takes up a schedule that the journal has, where its cursor says it is. */
  resume(configured: EventOf<'schedule.configured'>, cursor: Json | undefined): void {
    this.#await(configured, dueNow(configured, cursor));
    this.#arm();
  }

  /** Takes a fact of a stream, in the turn in which it was appended. */
  take(event: Event): void {
    if (event.type === 'schedule.configured') {
      this.#await(event, dueNow(event, undefined));
    } else if (event.type === 'schedule.cancelled') {
      const { stream, data } = event;
      if (this.#drop(nameOf(stream, data.slug))) {
        const cursors = { [scheduleCursor(data.slug)]: null };
        this.#context.journal.append({ stream, cursors });
      }
    } else if (event.type === 'stream.resumed') {
      const held = this.#held.get(event.stream) ?? [];
      this.#held.delete(event.stream);
      for (const name of held) {
        this.#enqueue(name);
      }
    } else {
      return;
    }
    this.#arm();
  }

  /** Drops the schedules of a stream that is gone. */
  forget(stream: StreamPath): void {
    this.#held.delete(stream);
    for (const [name, { configured }] of this.#standing) {
      if (configured.stream === stream) {
        this.#drop(name);
      }
    }
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #await(configured: EventOf<'schedule.configured'>, due: number | null): void {
    const name = nameOf(configured.stream, configured.data.slug);
    this.#drop(name);
    if (due !== null) {
      this.#standing.set(name, { configured, due });
      this.#enqueue(name);
    }
  }

  #enqueue(name: string): void {
    const standing = this.#standing.get(name);
    if (standing !== undefined) {
      this.#queue.add(name, standing.due);
    }
  }

  #drop(name: string): boolean {
    this.#queue.remove(name);
    return this.#standing.delete(name);
  }

  #arm(): void {
    const { first } = this.#queue;
    if (this.#stopped || first === this.#timer?.at) {
      return;
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    if (first !== null) {
      const { clock } = this.#context;
      const delay = Math.min(LONGEST_TIMER_MS, Math.max(0, first - clock.now()));
      const cancel = clock.after(delay, () => {
        this.#timer = undefined;
        this.#fireAllDue();
        this.#arm();
      });
      this.#timer = { at: first, cancel };
    }
  }

  #fireAllDue(): void {
    const now = this.#context.clock.now();
    for (const name of this.#queue.take(now, AT_ONCE)) {
      const standing = this.#standing.get(name);
      if (standing !== undefined) {
        this.#fire(name, standing, now);
      }
    }
  }

  #fire(name: string, { configured, due }: Standing, now: number): void {
    const { stream, offset, at, data } = configured;
    const { slug, append, schedule } = data;
    const access = this.#context.posts.behind(configured);
    // A schedule of somebody who may not write any more says so, and ends.
    const allowed = 'entitlement' in access;
    const next = allowed ? nextDue(schedule, millisecondsOf(at), due, now) : null;
    const nextAt = next === null ? null : new Date(next).toISOString();
    const id = this.#context.ids.next() as EventId;
    const envelope = {
      at: new Date(now).toISOString(),
      actor: reactionActor('schedule', configured.actor),
      assurance: 'verified',
      ...(allowed && { entitlement: access.entitlement })
    } as const;
    const fact = allowed ? scheduledFact(append) : { problem: access.rejection.detail };
    const refused = 'problem' in fact && { refused: fact.problem };
    const stated: Draft = {
      ...{ ...envelope, id, causationId: configured.id },
      ...{ type: 'schedule.fired', v: 1 },
      data: { slug, due: new Date(due).toISOString(), next: nextAt, ...refused }
    };
    const events: Draft[] = 'problem' in fact ? [] : [{ ...envelope, causationId: id, ...fact }];
    const cursor = { of: offset, next: nextAt } satisfies ScheduleCursor;
    // What the event itself leads to, such as the end of a pause, finds the schedule as it will be.
    this.#standing.delete(name);
    const cursors = { [scheduleCursor(slug)]: cursor };
    const answer = this.#context.posts.react(stream, { stated, events, cursors });
    if ('code' in answer) {
      this.#standing.set(name, { configured, due });
      this.#postpone(name, stream, answer, now);
    } else if (next !== null) {
      this.#standing.set(name, { configured, due: next });
      this.#enqueue(name);
    }
  }

  /** A stream that takes nothing keeps nothing of what it refused: the schedule waits for it. */
  #postpone(name: string, stream: StreamPath, { code }: Rejection, now: number): void {
    if (code === 'stream-paused' || code === 'stream-closed') {
      this.#held.set(stream, (this.#held.get(stream) ?? new Set()).add(name));
    } else {
      this.#queue.add(name, now + AGAIN_MS);
    }
  }
}

function nameOf(stream: StreamPath, slug: string): string {
  return `${stream} ${slug}`;
}
