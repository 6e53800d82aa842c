/**
 * Who asks: by which name others know them, and who it is when nobody is there because a stream acts
 * by itself. Pure.
 */
import type { Event, StreamPath } from '../../../schema/index.js';
import { personOf } from '../actors.js';
import { notebookOf, RIGHTS, type Asker, type Right } from './access.js';

/**
 * Who stands behind what a stream does by itself: whoever configured it, with what the door let them
 * do then. What a server says of somebody who is not there is not known again; a stream's rules are.
 */
export function askerBehind({ actor, entitlement }: Pick<Event, 'actor' | 'entitlement'>): Asker {
  const right = RIGHTS.find(each => each === entitlement);
  const notebook: Right[] = right === 'contents:write' ? ['contents:read'] : [];
  return {
    username: personOf(actor).id,
    may: ['streams:write', ...notebook, ...(right === undefined ? [] : [right])]
  };
}

/** By which name somebody is known to others; null where names do not last. */
export function lastingName({ username, may }: Asker): string | null {
  return may.includes('server') ? null : username;
}

/**
 * Whose the secret of a subscription is, so that nobody else can sign as it does; null where all who
 * may write share it: in a notebook's streams, and where names do not last.
 */
export function secretHolder(stream: StreamPath, asker: Asker): string | null {
  return notebookOf(stream) === undefined ? lastingName(asker) : null;
}
