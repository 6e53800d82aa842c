/**
 * The end of streams: who may end them, what else has to end with them, and the fact that says so.
 * Guarantees that either all of them go with everything they held, or nothing does.
 */
import { isSystemStream, notebookOf, type Want } from '../core/stream/access.js';
import type { Draft, Event, Rejection, StreamPath } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { StreamAccess } from './access.js';
import { actorOf } from './commands.js';
import type { Deletion, DeletionAnswer, Principal } from './door.js';

export interface DeletionContext {
  readonly journal: Pick<Journal, 'begunBy' | 'head' | 'mark' | 'remove' | 'streams'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly access: StreamAccess;
  /** Drops what is in memory of the streams, once they are gone. */
  readonly forget: (streams: readonly StreamPath[]) => void;
}

const DELETIONS = '/deletions' as StreamPath;

export class Deletions {
  readonly #context: DeletionContext;

  constructor(context: DeletionContext) {
    this.#context = context;
  }

  /** Removes a stream, and with `children` what is below it; durable when it settles. */
  async remove(
    stream: StreamPath,
    options: Deletion,
    principal: Principal
  ): Promise<DeletionAnswer> {
    const { access, clock, forget, journal } = this.#context;
    // Whether the file is there is asked first: what follows happens in one turn.
    const asked = await access.ask(principal, stream, 'own');
    if ('rejection' in asked) {
      return asked;
    }
    const found = journal.streams(stream);
    const removed = found.map(summary => summary.stream);
    const children = removed.filter(path => path !== stream);
    const refusal = this.#refusal(stream, children, options, principal);
    if (refusal !== null) {
      return { rejection: refusal };
    }
    const head = found.find(summary => summary.stream === stream)?.head ?? 0;
    const by = { actor: actorOf(principal), entitlement: asked.entitlement };
    const at = new Date(clock.now()).toISOString();
    const fact = deleted({ path: stream, head, children }, by, at);
    journal.remove(removed, { stream: DELETIONS, events: [fact] });
    access.forget(removed);
    forget(removed);
    return { removed };
  }

  /** Removes one stream, if it is there, for whoever was let do it elsewhere; durable on return. */
  discard(stream: StreamPath, by: Pick<Draft, 'actor' | 'entitlement'>): void {
    const { access, clock, forget, journal } = this.#context;
    if (journal.begunBy(stream) === undefined) {
      return;
    }
    const head = journal.head(stream);
    const at = new Date(clock.now()).toISOString();
    const fact = deleted({ path: stream, head, children: [] }, by, at);
    journal.remove([stream], { stream: DELETIONS, events: [fact] });
    access.forget([stream]);
    forget([stream]);
  }

  #refusal(
    stream: StreamPath,
    children: readonly StreamPath[],
    { children: withChildren, confirm }: Deletion,
    principal: Principal
  ): Rejection | null {
    const { journal } = this.#context;
    if (journal.begunBy(stream) === undefined && children.length === 0) {
      return { code: 'unknown-stream', detail: `Nothing has happened in ${stream}.` };
    }
    if (children.length > 0 && !withChildren) {
      const detail = `There are ${children.length} streams below ${stream}. Delete them first, or all together with children=true.`;
      const known = children.filter(path => this.#may(principal, path, 'read'));
      return { code: 'stream-has-children', detail, at: { children: known } };
    }
    const others = children.find(path => !this.#may(principal, path, 'own'));
    if (others !== undefined) {
      // Which one is for those to know who may read it.
      const which = this.#may(principal, others, 'read') ? `, ${others},` : '';
      const detail = `Below ${stream} there is a stream${which} that is not yours to delete. Delete yours one by one.`;
      return { code: 'forbidden', detail, at: { stream, want: 'own' } };
    }
    for (const path of [stream, ...children]) {
      const refusal = this.#usedBySystem(path);
      if (refusal !== null) {
        return refusal;
      }
    }
    if (notebookOf(stream) !== undefined && confirm !== stream) {
      const detail = `This is the history of a notebook, and nobody can bring it back. Repeat the request with confirm=${stream} if you mean it.`;
      return { code: 'malformed-request', detail };
    }
    return null;
  }

  #may(principal: Principal, stream: StreamPath, want: Want): boolean {
    return 'entitlement' in this.#context.access.decide(principal, stream, want);
  }

  /** What the server itself writes, or needs now. */
  #usedBySystem(path: StreamPath): Rejection | null {
    if (path === '/' || isSystemStream(path)) {
      return { code: 'forbidden', detail: `${path} cannot be deleted.` };
    }
    const mark = this.#context.journal.mark(path);
    const isOpen = mark !== undefined && mark.room !== null && mark.room.phase !== 'closed';
    if (isOpen || mark?.busy === true) {
      const detail = `The notebook of ${path} is open or runs. Close it and stop its agent, then delete.`;
      return { code: 'stream-in-use', detail, at: { stream: path } };
    }
    return null;
  }
}

function deleted(
  data: Extract<Event, { type: 'stream.deleted' }>['data'],
  by: Pick<Draft, 'actor' | 'entitlement'>,
  at: string
): Draft {
  return { type: 'stream.deleted', v: 1, data, at, ...by, assurance: 'verified' };
}
