/**
 * From the body of a request to the fact that it posts: one of Colophon's own that anybody may state,
 * or an event of a type that is not ours.
 */
import { ZodError } from 'zod';
import { Post, POSTABLE_FACTS } from '../../schema/index.js';
import type { Draft, Json, Rejection } from '../../schema/index.js';
import { explain } from '../core/explain.js';
import { isOurs } from '../core/reactions/scheduled-fact.js';
import { reactionProblem } from './reaction-problem.js';

/** Who posts, and what lets them. */
export type Author = Pick<Draft, 'actor' | 'entitlement'>;

/** The post in a body; of a body that is none, the post that says so. */
export function readPost(body: Json): Post {
  try {
    return Post.parse(body);
  } catch (error) {
    if (!(error instanceof ZodError)) {
      throw error;
    }
    return invalidEvent(body, `This is no event: ${explain(error)}.`);
  }
}

/** What is kept of a body that is no event: all of it, and what is wrong with it. */
export function invalidEvent(rawInput: Json, error: string) {
  return { type: 'invalid-event-appended', payload: { rawInput, error } };
}

/** The fact that a post states at this time, or why it may not. */
export function draftOf(post: Post, author: Author, at: string): Draft | Rejection {
  const { type, payload = {}, metadata, idempotencyKey } = post;
  const envelope = { at, ...author, assurance: 'verified' } as const;
  for (const control of POSTABLE_FACTS) {
    if (control.shape.type.value === type) {
      const said = control.shape.data.safeParse(payload);
      if (!said.success) {
        const detail = `This is no ${type}: ${explain(said.error, ['payload'])}.`;
        return { code: 'malformed-request', detail };
      }
      const fact = control.parse({ type, v: 1, data: payload });
      const problem = reactionProblem(fact, at);
      return problem === null
        ? { ...envelope, ...fact }
        : { code: 'malformed-request', detail: `This is no ${type}: ${problem}` };
    }
  }
  if (isOurs(type)) {
    const detail = `Events of the type ${type} are stated by Colophon alone. Choose another type.`;
    return { code: 'reserved-type', detail };
  }
  const data = {
    type,
    payload,
    ...(metadata && { metadata }),
    ...(idempotencyKey !== undefined && { idempotencyKey })
  };
  return { ...envelope, type: 'event.posted', v: 1, data };
}
