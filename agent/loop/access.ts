/**
 * Who may use which stream, now: the one place that every door asks. Rules are folded from the facts of
 * the streams, those that are not yet durable included, so that what was taken back counts at once.
 * Guarantees that an answer given by `decide` holds for what is appended in the same turn.
 */
import {
  ancestorsOf,
  begun,
  decideAccess,
  evolveAccess,
  notebookOf,
  type Access,
  type AccessRules,
  type Asker,
  type Right,
  type Want
} from '../core/stream/access.js';
import { askerBehind } from '../core/stream/asker.js';
import type { Draft, Event, StreamPath } from '../../schema/index.js';
import type { Journal, StreamSummary } from '../ports/host.js';
import type { VisibleStream } from './door.js';
import { NotebookFiles, type NotebookFilesContext } from './notebook-files.js';

export interface AccessContext extends NotebookFilesContext {
  readonly journal: Pick<Journal, 'begunBy' | 'controls' | 'next' | 'streams'>;
}

/** So many streams have their rules in memory; of the others they are read again when needed. */
const KEPT = 10_000;
const SEES_ALL: ReadonlySet<Right> = new Set<Right>(['admin', 'server']);

export class StreamAccess {
  readonly #context: AccessContext;
  readonly #rules = new Map<StreamPath, AccessRules>();
  readonly #files: NotebookFiles;
  #version = 0;

  constructor(context: AccessContext) {
    this.#context = context;
    this.#files = new NotebookFiles(context);
  }

  /** Grows whenever anybody's rights may have changed. */
  get version(): number {
    return this.#version;
  }

  /** Whether somebody may, with what only the server can say about a notebook's file. */
  async ask(asker: Asker, stream: StreamPath, want: Want): Promise<Access> {
    const decided = this.decide(asker, stream, want);
    const seesAll = asker.may.some(right => SEES_ALL.has(right));
    if ('rejection' in decided || seesAll || (await this.#files.has(stream))) {
      return decided;
    }
    const detail = `The file of the notebook ${stream} is not there, or not below this server's folder. What is recorded of it is not shown.`;
    return { rejection: { code: 'forbidden', detail, at: { stream, want } } };
  }

  /** Whether somebody may, without a look at a notebook's file. */
  decide(asker: Asker, stream: StreamPath, want: Want): Access {
    const own = this.rulesOf(stream);
    const begins = own === undefined && (want === 'write' || want === 'own');
    const access = decideAccess(asker, stream, begins ? 'write' : want, path => this.rulesOf(path));
    if (!begins || 'rejection' in access || asker.may.some(may => SEES_ALL.has(may))) {
      return access;
    }
    if (!this.#othersBelow(asker, stream)) {
      return access;
    }
    // Which ones is for those to know who may read them.
    const detail = `Below ${stream} there are streams of other people, so that it is not yours to begin. Choose another path.`;
    return { rejection: { code: 'forbidden', detail, at: { stream, want } } };
  }

  /** Whether somebody may still have done what they configured in its stream, now that it is due. */
  behind(configured: Event, want: 'read' | 'write'): Access {
    const asker = askerBehind(configured);
    const access = this.decide(asker, configured.stream, want);
    if ('entitlement' in access) {
      return access;
    }
    const verb = want === 'read' ? 'read' : 'write to';
    const detail = `${asker.username}, who configured it, may not ${verb} the stream any more.`;
    return { rejection: { ...access.rejection, detail } };
  }

  /** The rules of a stream that has begun; undefined for any other. */
  rulesOf(stream: StreamPath): AccessRules | undefined {
    const known = this.#rules.get(stream);
    if (known !== undefined || notebookOf(stream) !== undefined) {
      return known;
    }
    const { journal } = this.#context;
    const actor = journal.begunBy(stream);
    if (actor === undefined) {
      return undefined;
    }
    const rules = journal.controls(stream).reduce(evolveAccess, begun(stream, actor));
    this.#keep(stream, rules);
    return rules;
  }

  /** Facts were appended to a stream, durable or not. */
  taken(stream: StreamPath, facts: readonly Draft[]): void {
    const [first] = facts;
    if (first === undefined || notebookOf(stream) !== undefined) {
      return;
    }
    const known = this.rulesOf(stream);
    const before = known ?? begun(stream, first.actor);
    const rules = facts.reduce(evolveAccess, before);
    if (rules !== known) {
      this.#version += 1;
      this.#keep(stream, rules);
    }
  }

  /** Streams are gone. */
  forget(streams: readonly StreamPath[]): void {
    streams.forEach(stream => this.#rules.delete(stream));
    this.#version += 1;
  }

  /** Whether somebody who was let read a stream still may; looked up again only when rules changed. */
  stillReads(asker: Asker, stream: StreamPath): () => boolean {
    // Of a stream that has not begun nobody knows whose it will be.
    const hasBegun = () => notebookOf(stream) !== undefined || this.rulesOf(stream) !== undefined;
    let checked = hasBegun() ? this.#version : -1;
    return () => {
      if (checked !== this.#version) {
        checked = hasBegun() ? this.#version : -1;
        return 'entitlement' in this.decide(asker, stream, 'read');
      }
      return true;
    };
  }

  /** Those that somebody may read, with owner and rules. */
  async visible(asker: Asker, streams: readonly StreamSummary[]): Promise<VisibleStream[]> {
    const asked = streams.map(async summary => {
      const access = await this.ask(asker, summary.stream, 'read');
      return 'rejection' in access ? [] : [{ ...summary, ...this.shown(summary.stream) }];
    });
    return (await Promise.all(asked)).flat();
  }

  /** What holds for a stream, as its readers see it. */
  shown(stream: StreamPath): Pick<VisibleStream, 'owner' | 'access'> {
    if (notebookOf(stream) !== undefined) {
      return { owner: null, access: 'notebook' };
    }
    const chain = [stream, ...ancestorsOf(stream)].map(path => this.rulesOf(path));
    const everybody = chain.find(rules => rules?.everybody != null)?.everybody ?? 'nothing';
    const access = everybody === 'nothing' ? 'private' : (`public-${everybody}` as const);
    return { owner: chain[0]?.owner ?? null, access };
  }

  #keep(stream: StreamPath, rules: AccessRules): void {
    this.#rules.delete(stream);
    this.#rules.set(stream, rules);
    const [oldest] = this.#rules.keys();
    if (this.#rules.size > KEPT && oldest !== undefined) {
      this.#rules.delete(oldest);
    }
  }

  /** Does somebody else own a stream below? Whoever began this one above it could use it. */
  #othersBelow({ username }: Asker, stream: StreamPath): boolean {
    const isOthers = (path: StreamPath) => {
      const owner = this.rulesOf(path)?.owner ?? null;
      return owner !== null && owner !== username;
    };
    if (stream === '/') {
      return false;
    }
    const inMemory = [...this.#rules.keys()].filter(path => path.startsWith(`${stream}/`));
    const stored = this.#context.journal.streams(stream).map(summary => summary.stream);
    return [...inMemory, ...stored].some(isOthers);
  }
}
