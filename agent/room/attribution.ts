/**
 * Who made an update, and how sure we are. The author is whom the server saw apply it; what an
 * update claims about itself counts for nothing, except that in a resync it may name one original
 * author whom the server saw earlier. For whom the runtime wrote is known of a live update alone: what it
 * sends again after a cut may be of several runs.
 */
import * as Y from 'yjs';
import type { Actor, Author, TapUser } from '../../schema/index.js';
import { sameActor } from '../../schema/index.js';
import { identityOf, personOf } from '../core/actors.js';
import type { Attribution, Attributor } from '../ports/mirror.js';

/** The room was loaded from its file for the first time. */
export const LOAD_ACTOR: Actor = { kind: 'system', id: 'load', name: 'Opening the file' };
/** The file changed on disk. */
export const DISK_ACTOR: Actor = { kind: 'system', id: 'disk', name: 'Change on disk' };
/** The room was saved. */
export const SAVE_ACTOR: Actor = { kind: 'system', id: 'save', name: 'Saving' };

const LONGEST_NAME = 256;
const LONGEST_COLOR = 64;

/** An attributor that has seen nothing. `hooksTrusted` false: nothing is verified. */
export function createAttributor(hooksTrusted: boolean): Attributor {
  /** Who was seen to write as a Yjs client; null once two were. */
  const writers = new Map<number, Actor | null>();
  const bind = (update: Uint8Array, actor: Actor): void => {
    for (const client of clientsOf(update)) {
      const known = writers.get(client);
      const same = known === undefined || (known !== null && sameActor(known, actor));
      writers.set(client, same ? actor : null);
    }
  };
  const original = (update: Uint8Array): Actor | undefined => {
    const actors = clientsOf(update).map(client => writers.get(client) ?? null);
    const [first] = actors;
    return first != null && actors.every(actor => actor !== null && sameActor(actor, first))
      ? first
      : undefined;
  };
  const trusted = (author: Author, update: Uint8Array, requester?: Actor): Attribution => {
    const actor = actorOf(author, requester);
    if (author.kind !== 'peer' || author.via === 'live') {
      return { actor, assurance: 'verified' };
    }
    const writer = original(update);
    return writer === undefined || sameActor(writer, actor)
      ? { actor, assurance: 'relayed' }
      : { actor: { ...writer, via: identityOf(actor) }, assurance: 'relayed' };
  };
  return {
    attribute: (author, update, requester) => {
      if (!hooksTrusted) {
        return { actor: actorOf(author, requester), assurance: 'unverified' };
      }
      const attribution = trusted(author, update, requester);
      if (attribution.assurance === 'verified') {
        bind(update, writerOf(attribution.actor));
      }
      return attribution;
    },
    learn: ({ bytes, actor, assurance }) => {
      if (assurance === 'verified') {
        bind(bytes, writerOf(actor));
      }
    }
  };
}

function actorOf(author: Author, requester: Actor | undefined): Actor {
  switch (author.kind) {
    case 'peer':
      return author.grant === undefined
        ? human(author.user)
        : granted(author.grant, author.via === 'live' ? requester : undefined);
    case 'request':
      return human(author.user);
    case 'server':
      switch (author.cause) {
        case 'load':
          return LOAD_ACTOR;
        case 'disk':
          return DISK_ACTOR;
        case 'save':
          return SAVE_ACTOR;
        case 'extension':
          return {
            kind: 'system',
            id: `extension:${author.detail}`.slice(0, LONGEST_NAME),
            name: author.detail.slice(0, LONGEST_NAME)
          };
      }
  }
}

/** Who writes as a Yjs client: a runtime does for one person after the other. */
function writerOf(actor: Actor): Actor {
  const { onBehalfOf: _person, ...writer } = actor;
  return actor.kind === 'runtime' ? writer : actor;
}

/** A token's actor; the runtime also says for whom it runs. */
function granted(grant: Actor, requester: Actor | undefined): Actor {
  return grant.kind === 'runtime' && requester !== undefined
    ? { ...grant, onBehalfOf: personOf(requester) }
    : grant;
}

/** A person, as the server's identity provider knows them. */
function human({ username, display_name, name, color }: TapUser): Actor {
  return {
    kind: 'human',
    id: username.slice(0, LONGEST_NAME),
    name: (display_name ?? name ?? username).slice(0, LONGEST_NAME),
    ...(color == null ? {} : { color: color.slice(0, LONGEST_COLOR) })
  };
}

/** The Yjs clients whose insertions are in an update. */
function clientsOf(update: Uint8Array): number[] {
  return [...Y.parseUpdateMeta(update).from.keys()];
}
