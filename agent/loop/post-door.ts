/**
 * The door of a journal without notebooks: anything may be posted and read, nothing can be run. What
 * asks for a notebook is refused as it is for one that was never opened.
 */
import type { Command, Json, Rejection, StreamPath } from '../../schema/index.js';
import type { StreamGate } from '../core/stream/breaker.js';
import type { Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import { actorOf } from './commands.js';
import type { Answer, DocumentAnswer, Door, PostAnswer, Principal } from './door.js';
import { Posts } from './posts.js';
import type { Session } from './session.js';

export class PostDoor implements Door {
  readonly journal: Journal;
  readonly #posts: Posts;

  constructor(journal: Journal, clock: Pick<Clock, 'now'>) {
    this.journal = journal;
    const session = (stream: StreamPath): Pick<Session, 'append'> => ({
      append: change => journal.append({ stream, ...change })
    });
    this.#posts = new Posts({ journal, clock, session });
  }

  submit({ stream }: Command): Promise<Answer> {
    return Promise.resolve({ rejection: withoutNotebooks(stream) });
  }

  post(stream: StreamPath, body: Json, principal: Principal): Promise<PostAnswer> {
    return this.#posts.post(stream, body, actorOf(principal));
  }

  gate(stream: StreamPath): StreamGate {
    return this.#posts.gate(stream);
  }

  cells(): undefined {
    return undefined;
  }

  runtime(): undefined {
    return undefined;
  }

  document(stream: StreamPath): DocumentAnswer {
    return { rejection: withoutNotebooks(stream) };
  }

  agents(): readonly never[] {
    return [];
  }
}

function withoutNotebooks(stream: StreamPath): Rejection {
  const detail = `This service has no notebooks, so there is none at ${stream}. Ask a Jupyter Server with Colophon.`;
  return { code: 'unknown-notebook', detail };
}
