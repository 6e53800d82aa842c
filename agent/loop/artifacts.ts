/**
 * Bytes that notebooks keep outside their documents: who may store and read them. Guarantees that
 * what is stored is a fact of the notebook's stream before anybody gets a link to it.
 */
import { runtimeActor } from '../core/actors.js';
import { isHash } from '../core/notebook/references.js';
import type { LinkCheck } from '../core/notebook/output.js';
import type { Access } from '../core/stream/access.js';
import { fileIdOf } from '../../schema/index.js';
import type { ArtifactLink, Draft, Rejection, StreamPath } from '../../schema/index.js';
import type { ArtifactName, ArtifactStore, Sealed } from '../ports/artifacts.js';
import type { Clock } from '../ports/inputs.js';
import type { ArtifactSweep } from './artifact-sweep.js';
import type { Principal } from './door.js';
import { requesterNow, type Session } from './session.js';

export type { ArtifactContent, ArtifactName } from '../ports/artifacts.js';

export interface ArtifactsContext {
  readonly store: ArtifactStore;
  readonly sweep: Pick<ArtifactSweep, 'isReferred'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether somebody may read a notebook. */
  readonly access: (principal: Principal, stream: StreamPath) => Promise<Access>;
  /** A notebook of which something is recorded. */
  readonly session: (stream: StreamPath) => Session | undefined;
}

type Refused = { readonly rejection: Rejection };

const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;

export class Artifacts {
  readonly #context: ArtifactsContext;

  constructor(context: ArtifactsContext) {
    this.#context = context;
  }

  /** Which links of this notebook's outputs count: those that we gave. */
  linkCheck(stream: StreamPath): LinkCheck {
    const { store } = this.#context;
    return link =>
      'hash' in link
        ? store.isKey(link.hash, link.key)
        : UPLOAD_ID.test(link.upload) && store.has({ stream, upload: link.upload });
  }

  /** The next piece of an upload; for the notebook's own runtime. */
  async upload(
    principal: Principal,
    { stream, upload, offset }: { stream: StreamPath; upload: string; offset: number },
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | Refused> {
    const refused = await this.#refusedUpload(principal, stream, upload);
    return refused ?? this.#context.store.write({ stream, upload }, offset, bytes);
  }

  /** The upload as a whole: the link to it. The same again gives the same. */
  async commit(
    principal: Principal,
    what: { stream: StreamPath; upload: string; length: number; mediaType: string }
  ): Promise<ArtifactLink | Refused> {
    const { stream, upload, length, mediaType } = what;
    const refused = await this.#refusedUpload(principal, stream, upload);
    if (refused !== null) {
      return refused;
    }
    const { store } = this.#context;
    let sealed: Sealed | Refused;
    do {
      sealed = await store.seal({ stream, upload }, length);
      if ('rejection' in sealed) {
        return sealed;
      }
      // The same bytes, let go of elsewhere, may have been removed in this moment.
    } while (!store.has(sealed.hash));
    const { hash, bytes } = sealed;
    const lines = mediaType.startsWith('text/') ? { lines: sealed.lines } : {};
    const untold = await this.#tell(stream, { hash, bytes, ...lines, mediaType });
    if (untold !== null) {
      return untold;
    }
    store.settle(hash);
    return { hash, key: store.keyOf(hash), mediaType, bytes, ...lines };
  }

  /**
   * What somebody may read: the name under which the store has it. What the notebook does not refer
   * to, or not any more, is not there for them.
   */
  async find(
    principal: Principal,
    stream: StreamPath,
    id: string
  ): Promise<ArtifactName | Refused> {
    const refused = await this.#refusedReading(principal, stream);
    if (refused !== null) {
      return refused;
    }
    const name = isHash(id) ? id : { stream, upload: id };
    const mayRead = isHash(id) ? this.#context.sweep.isReferred(stream, id) : UPLOAD_ID.test(id);
    return mayRead && this.#context.store.has(name) ? name : notThere();
  }

  /** The same for a link that stands in the notebook's own document. */
  findLink(stream: StreamPath, link: Parameters<LinkCheck>[0]): ArtifactName | null {
    const name = 'hash' in link ? link.hash : { stream, upload: link.upload };
    return this.linkCheck(stream)(link) && this.#context.store.has(name) ? name : null;
  }

  /** The name of the notebook's file. */
  fileName(stream: StreamPath): string {
    const path = this.#context.session(stream)?.notebook.path ?? null;
    return path?.split('/').at(-1) ?? 'notebook.ipynb';
  }

  /** What `find` or `findLink` gave. */
  get content(): Pick<ArtifactStore, 'open' | 'lines' | 'search'> {
    return this.#context.store;
  }

  /** Whether somebody may read the notebook's artifacts at all. */
  async #refusedReading(principal: Principal, stream: StreamPath): Promise<Refused | null> {
    if (fileIdOf(stream) === undefined) {
      const detail = `${stream} is not the stream of a notebook.`;
      return { rejection: { code: 'unknown-notebook', detail } };
    }
    if (principal.runtime !== undefined && principal.runtime !== stream) {
      return {
        rejection: { code: 'forbidden', detail: 'This is the runtime of another notebook.' }
      };
    }
    const access = await this.#context.access(principal, stream);
    return 'rejection' in access ? access : null;
  }

  async #refusedUpload(
    principal: Principal,
    stream: StreamPath,
    upload: string
  ): Promise<Refused | null> {
    if (principal.runtime !== stream) {
      const detail = `Only the runtime of ${stream} stores output of it.`;
      return { rejection: { code: 'forbidden', detail } };
    }
    if (!UPLOAD_ID.test(upload) || isHash(upload)) {
      const detail = 'The id of an upload has 1 to 128 letters, digits, - or _, and is no hash.';
      return { rejection: { code: 'malformed-request', detail } };
    }
    if (this.#context.session(stream) === undefined) {
      const detail = `There is no notebook with the stream ${stream}.`;
      return { rejection: { code: 'unknown-notebook', detail } };
    }
    return this.#refusedReading(principal, stream);
  }

  /** States that the notebook has stored it, once; durable when it settles. */
  async #tell(
    stream: StreamPath,
    data: Extract<Draft, { type: 'artifact.stored' }>['data']
  ): Promise<Refused | null> {
    const session = this.#context.session(stream);
    const at = this.#now();
    const known = session?.references[data.hash];
    if (session === undefined) {
      return notThere();
    }
    const requester = requesterNow(session);
    const appended =
      known === undefined
        ? session.append({
            events: [
              {
                ...{ type: 'artifact.stored', v: 1, data, at, assurance: 'verified' },
                actor: runtimeActor(requester)
              }
            ]
          })
        : // What was let go of is wanted again.
          session.refer({
            ...session.references,
            [data.hash]: { ...known, since: known.since && at }
          });
    const rejection = await appended.outcome;
    return rejection && { rejection };
  }

  #now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }
}

function notThere(): Refused {
  const detail =
    'The notebook does not refer to such an artifact, or its bytes were removed because nothing had referred to it for long.';
  return { rejection: { code: 'not-found', detail } };
}
