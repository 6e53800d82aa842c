/**
 * The transformers of one stream, at work one event after the other. What is removed or replaced while
 * an expression runs appends nothing more.
 */
import { reactionActor } from '../core/actors.js';
import { hopsOf, MOST_HOPS, transformed } from '../core/reactions/transformed.js';
import { isTrue } from '../core/reactions/truth.js';
import {
  published,
  type Draft,
  type Event,
  type EventOf,
  type FactOf,
  type StreamPath
} from '../../schema/index.js';
import { ExpressionFailed, type Expressions } from '../ports/expressions.js';
import { JournalUnreachable, type Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { Posts } from './posts.js';

export interface TransformerLineContext {
  readonly journal: Pick<Journal, 'append' | 'read'>;
  readonly posts: Pick<Posts, 'behind' | 'react'>;
  readonly expressions: Expressions;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

interface Standing {
  readonly configured: EventOf<'transformer.configured'>;
  /** Offset of the last event that it has dealt with. */
  done: number;
  /** The same as the journal has it. */
  saved: number;
}

type Facts = readonly FactOf<'event.posted' | 'transformer.failed' | 'transformer.removed'>[];

const PAGE = 100;
/** So many events that lead to nothing are offered again after a restart, at most. */
const UNSAVED = 200;
/** After a journal that takes nothing, or when no expression can be evaluated. */
const AGAIN_MS = 1_000;

export class TransformerLine {
  readonly #stream: StreamPath;
  readonly #context: TransformerLineContext;
  readonly #standing = new Map<string, Standing>();
  #working = false;
  #woken = false;
  #stopped = false;

  constructor(stream: StreamPath, context: TransformerLineContext) {
    this.#stream = stream;
    this.#context = context;
  }

  /** Adds it, or puts it in the place of the one with its slug; events up to `done` are done. */
  put(configured: EventOf<'transformer.configured'>, done: number): void {
    const from = Math.max(done, configured.offset);
    this.#standing.set(configured.data.slug, { configured, done: from, saved: from });
    this.wake();
  }

  /** False if there is none. */
  remove(slug: string): boolean {
    return this.#standing.delete(slug);
  }

  /** There may be events to deal with. */
  wake(): void {
    this.#woken = true;
    if (!this.#working && !this.#stopped) {
      this.#working = true;
      void this.#work();
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Until nothing is left, or something is in the way; what ends a pause wakes it again. */
  async #work(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = false;
      try {
        for (let more = true; more;) {
          more = await this.#workPage();
        }
      } catch (error) {
        if (!(error instanceof JournalUnreachable || error instanceof TryAgain)) {
          throw error;
        }
        this.#context.clock.after(AGAIN_MS, () => this.wake());
      }
    }
    this.#working = false;
  }

  /** False when nothing is left, or it cannot go on now. */
  async #workPage(): Promise<boolean> {
    const after = Math.min(...[...this.#standing.values()].map(({ done }) => done));
    if (this.#stopped || !Number.isFinite(after)) {
      return false;
    }
    const events = this.#context.journal.read(this.#stream, { after, limit: PAGE });
    for (const event of events) {
      for (const slug of [...this.#standing.keys()].sort()) {
        const standing = this.#standing.get(slug);
        if (standing && standing.done < event.offset && !(await this.#offer(standing, event))) {
          return false;
        }
      }
    }
    return events.length > 0;
  }

  /** Deals with the event; false if the stream does not take what it led to now. */
  async #offer(standing: Standing, event: Event): Promise<boolean> {
    const { configured } = standing;
    const { slug } = configured.data;
    const given = await this.#factsFrom(configured, event);
    if (this.#stopped) {
      return false;
    }
    if (this.#standing.get(slug) !== standing) {
      return true;
    }
    const access = this.#context.posts.behind(configured);
    const allowed = 'entitlement' in access;
    const facts = allowed ? given : ended(slug, event.offset, access.rejection.detail);
    const cursors = { [transformerCursor(slug)]: event.offset };
    if (facts.length > 0) {
      const envelope = {
        at: new Date(this.#context.clock.now()).toISOString(),
        actor: reactionActor('transformer', configured.actor),
        assurance: 'verified',
        causationId: event.id,
        ...(allowed && { entitlement: access.entitlement })
      } as const;
      const events = facts.map((fact): Draft => ({ ...envelope, ...fact }));
      const answer = this.#context.posts.react(this.#stream, { events, cursors });
      if ('code' in answer) {
        if (answer.code !== 'stream-paused' && answer.code !== 'stream-closed') {
          throw new TryAgain(answer.detail);
        }
        return false;
      }
      standing.saved = event.offset;
    } else if (event.offset - standing.saved >= UNSAVED) {
      this.#context.journal.append({ stream: this.#stream, cursors });
      standing.saved = event.offset;
    }
    standing.done = event.offset;
    return true;
  }

  /** What follows from the event; of a failure the fact that says so. */
  async #factsFrom(configured: EventOf<'transformer.configured'>, event: Event): Promise<Facts> {
    const { slug, filter, transform } = configured.data;
    // A transformer that fails at its own failures would never end.
    if (event.type === 'transformer.failed') {
      return [];
    }
    const failed = (why: string): Facts => {
      const data = { slug, offset: event.offset, error: why.slice(0, 10_000) };
      return [{ type: 'transformer.failed', v: 1, data }];
    };
    const { expressions, warn } = this.#context;
    const shown = published(event);
    let part = 'filter';
    try {
      if (!isTrue(await expressions.evaluate(filter, shown))) {
        return [];
      }
      if (hopsOf(event) >= MOST_HOPS) {
        const detail = 'It is left alone, so that transformers do not feed one another for ever.';
        return failed(`The event came through ${MOST_HOPS} transformers already. ${detail}`);
      }
      part = 'transform';
      const facts = transformed(configured, event, await expressions.evaluate(transform, shown));
      return 'problem' in facts ? failed(`transform: ${facts.problem}`) : facts;
    } catch (error) {
      if (error instanceof ExpressionFailed) {
        return failed(`${part}: ${error.message}`);
      }
      if (!this.#stopped) {
        warn(`The transformer ${slug} of ${this.#stream} waits: ${String(error)}`);
      }
      throw new TryAgain(String(error));
    }
  }
}

/** The end of a transformer whose person may not write to the stream any more. */
function ended(slug: string, offset: number, error: string): Facts {
  return [
    { type: 'transformer.failed', v: 1, data: { slug, offset, error } },
    { type: 'transformer.removed', v: 1, data: { slug } }
  ];
}

/** Name of a transformer's cursor: the offset of the last event that it has dealt with. */
export function transformerCursor(slug: string): string {
  return `transformer:${slug}`;
}

/** Not now. */
class TryAgain extends Error {}
