/**
 * Bytes that notebooks keep outside their documents: who may store and read them. Guarantees that
 * what is stored is a fact of the notebook's stream before anybody gets a link to it.
 */
import { isHash } from '../core/notebook/references.js';
import { runOfUpload } from '../core/outputs/upload-id.js';
import type { LinkCheck } from '../core/notebook/output.js';
import type { Access } from '../core/stream/access.js';
import { fileIdOf } from '../../schema/index.js';
import type { ArtifactLink, Rejection, StreamPath } from '../../schema/index.js';
import type { ArtifactName, ArtifactStore, Sealed } from '../ports/artifacts.js';
import type { Clock } from '../ports/inputs.js';
import type { ArtifactSweep } from './artifact-sweep.js';
import type { Principal } from './door.js';
import type { Session } from './session.js';
import { StoredFacts } from './stored-facts.js';

export type { ArtifactContent, ArtifactName } from '../ports/artifacts.js';

export interface ArtifactsContext {
  readonly store: ArtifactStore;
  readonly sweep: Pick<ArtifactSweep, 'isReferred'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Whether somebody may read a notebook. */
  readonly access: (principal: Principal, stream: StreamPath) => Promise<Access>;
  /** A notebook of which something is recorded. */
  readonly session: (stream: StreamPath) => Session | undefined;
}

type Refused = { readonly rejection: Rejection };

const UPLOAD_ID = /^[A-Za-z0-9_-]{1,128}$/;

export class Artifacts {
  readonly #context: ArtifactsContext;
  readonly #facts: StoredFacts;

  constructor(context: ArtifactsContext) {
    this.#context = context;
    const { store, session, clock } = context;
    this.#facts = new StoredFacts({ has: hash => store.has(hash), session, clock });
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
    const { store } = this.#context;
    const seal = () => store.seal({ stream, upload }, length);
    return refused ?? this.#link({ stream, upload, mediaType }, seal);
  }

  /** A whole value: the link to it, as if it had been uploaded and committed. */
  async keep(
    principal: Principal,
    { stream, upload, mediaType }: { stream: StreamPath; upload: string; mediaType: string },
    bytes: Uint8Array
  ): Promise<ArtifactLink | Refused> {
    const refused = await this.#refusedUpload(principal, stream, upload);
    const seal = () => this.#context.store.keep(bytes);
    return refused ?? this.#link({ stream, upload, mediaType }, seal);
  }

  /** The link to what is sealed, once it is a fact of the notebook. */
  async #link(
    { stream, upload, mediaType }: { stream: StreamPath; upload: string; mediaType: string },
    seal: () => Promise<Sealed | Refused>
  ): Promise<ArtifactLink | Refused> {
    const { store } = this.#context;
    for (;;) {
      const sealed = await seal();
      if ('rejection' in sealed) {
        return sealed;
      }
      const { hash, bytes } = sealed;
      const lines = mediaType.startsWith('text/') ? { lines: sealed.lines } : {};
      const stored = { hash, bytes, ...lines, mediaType };
      const told = await this.#facts.tell(stream, stored, runOfUpload(upload));
      if (told === null) {
        store.settle(hash);
        return { hash, key: store.keyOf(hash), mediaType, bytes, ...lines };
      }
      // The same bytes, let go of elsewhere, may have been removed in this moment.
      if (told !== 'gone') {
        return told;
      }
      if (this.#context.session(stream) === undefined) {
        return notThere();
      }
    }
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
}

function notThere(): Refused {
  const detail =
    'The notebook does not refer to such an artifact, or its bytes were removed because nothing had referred to it for long.';
  return { rejection: { code: 'not-found', detail } };
}
