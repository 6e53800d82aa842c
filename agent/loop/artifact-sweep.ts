/**
 * What all notebooks refer to outside their documents, kept over deletions, and when what is let go of
 * is removed.
 */
import {
  cursorOf,
  isHash,
  isLetGo,
  NO_REFERENCES,
  readReferences,
  REFERENCES_CURSOR,
  type References
} from '../core/notebook/references.js';
import type { Digest, Draft, StreamPath } from '../../schema/index.js';
import type { ArtifactStore, LinkingFiles } from '../ports/artifacts.js';
import { JournalUnreachable, type Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import { ArtifactRemoval } from './artifact-removal.js';
import type { Session } from './session.js';

export interface ArtifactSweepContext {
  readonly store: Pick<ArtifactStore, 'recover' | 'remove' | 'removeUploads'>;
  readonly journal: Pick<Journal, 'append' | 'cursors' | 'streams'>;
  readonly clock: Clock;
  readonly graceDays: number;
  /** The notebook files; absent where there are none to look at. */
  readonly files?: LinkingFiles;
  /** A notebook of which something is recorded. */
  readonly session: (stream: StreamPath) => Session | undefined;
  readonly warn: (message: string) => void;
}

const HOUR_MS = 3_600_000;
/** After something was let go of that needs no grace. */
const SOON_MS = 65_000;
const ACTOR = { kind: 'system', id: 'artifacts', name: 'Artifacts' } as const;
/** Keeps, for the grace, what notebooks referred to whose history was deleted. */
const DELETIONS = '/deletions' as StreamPath;
const NOTEBOOKS = '/notebooks' as StreamPath;

export class ArtifactSweep {
  readonly #context: ArtifactSweepContext;
  readonly #references = new Map<StreamPath, References>();
  readonly #removal: ArtifactRemoval;
  #cancel = (): void => undefined;
  #cancelSoon: (() => void) | null = null;

  constructor(context: ArtifactSweepContext) {
    this.#context = context;
    const { store, clock, graceDays, files, warn } = context;
    this.#removal = new ArtifactRemoval({
      ...{ store, clock, graceDays, references: this.#references, warn },
      ...(files && { files }),
      removed: (stream, hash) => this.#tellRemoved(stream, hash),
      forgotten: (stream, ids) => this.#forget(stream, ids),
      renewed: (stream, hashes) => this.#renew(stream, hashes)
    });
  }

  /** Learns what the notebooks refer to, mends what a kill has left, and removes what may go. */
  start(): void {
    const { journal, store } = this.#context;
    const streams = journal.streams(NOTEBOOKS).map(({ stream }) => stream);
    for (const stream of [...streams, DELETIONS]) {
      this.#note(stream, readReferences(journal.cursors(stream)[REFERENCES_CURSOR]));
    }
    const referred = new Set([...this.#references.values()].flatMap(each => Object.keys(each)));
    this.#carefully(() => store.recover(hash => referred.has(hash)));
    this.#sweepHourly();
  }

  stop(): void {
    this.#cancel();
    this.#cancelSoon?.();
    this.#removal.stop();
  }

  /** A notebook refers to these now. */
  referred(stream: StreamPath, references: References): void {
    this.#note(stream, references);
    const passing = Object.values(references).some(({ since, stood }) => since !== null && !stood);
    if (passing && this.#cancelSoon === null) {
      this.#cancelSoon = this.#context.clock.after(SOON_MS, () => {
        this.#cancelSoon = null;
        this.#sweep();
      });
    }
  }

  /** The histories of notebooks are gone; their files may still refer to something. */
  forget(streams: readonly StreamPath[]): void {
    const at = this.#now();
    const left = Object.assign(
      {},
      ...streams.map(stream => this.#references.get(stream) ?? {})
    ) as References;
    streams.forEach(stream => this.#references.delete(stream));
    const hashes = Object.keys(left).filter(isHash);
    if (hashes.length > 0) {
      const letGo = Object.fromEntries(
        hashes.map(hash => [hash, { since: at, seen: true, stood: true }])
      );
      this.#carefully(() =>
        this.#keepAfterDeletion({ ...this.#references.get(DELETIONS), ...letGo })
      );
    }
  }

  /** Whether the notebook refers to it, or has until lately. */
  isReferred(stream: StreamPath, hash: Digest): boolean {
    const { clock, graceDays } = this.#context;
    const reference = this.#references.get(stream)?.[hash];
    return reference !== undefined && !isLetGo(reference, clock.now(), graceDays);
  }

  #sweepHourly(): void {
    this.#sweep();
    this.#cancel = this.#context.clock.after(HOUR_MS, () => this.#sweepHourly());
  }

  #sweep(): void {
    this.#carefully(() => this.#removal.sweep());
  }

  /** A disk that takes nothing now is tried again with the next sweep. */
  #carefully(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof JournalUnreachable) && !isDiskError(error)) {
        throw error;
      }
      this.#context.warn(`Artifacts could not be put in order: ${error.message}`);
    }
  }

  #forget(stream: StreamPath, ids: ReadonlySet<string>): void {
    const known = Object.entries(this.#references.get(stream) ?? NO_REFERENCES);
    const left = Object.fromEntries(known.filter(([id]) => !ids.has(id)));
    this.#context.session(stream)?.refer(left);
  }

  #tellRemoved(stream: StreamPath, hash: Digest): void {
    const removed: Draft = {
      ...{ type: 'artifact.removed', v: 1, data: { hash } },
      ...{ at: this.#now(), actor: ACTOR, assurance: 'verified' }
    };
    const session = this.#context.session(stream);
    if (session !== undefined) {
      session.append({ events: [removed] });
      return;
    }
    const { [hash]: _gone, ...rest } = this.#references.get(stream) ?? NO_REFERENCES;
    this.#keepAfterDeletion(rest, [removed]);
  }

  /** As if something had referred to them until now. */
  #renew(stream: StreamPath, hashes: readonly Digest[]): void {
    const known = this.#references.get(stream) ?? NO_REFERENCES;
    const renewed = hashes.flatMap(hash => {
      const reference = known[hash];
      return reference ? [[hash, { ...reference, since: this.#now() }] as const] : [];
    });
    const references = { ...known, ...Object.fromEntries(renewed) };
    const session = this.#context.session(stream);
    if (session === undefined) {
      this.#keepAfterDeletion(references);
    } else {
      session.refer(references);
    }
  }

  #keepAfterDeletion(references: References, events: Draft[] = []): void {
    const cursors = cursorOf(references);
    this.#context.journal.append({ stream: DELETIONS, events, cursors });
    this.#note(DELETIONS, references);
  }

  #note(stream: StreamPath, references: References): void {
    if (Object.keys(references).length === 0) {
      this.#references.delete(stream);
    } else {
      this.#references.set(stream, references);
    }
  }

  #now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }
}

/** What the file system says. */
function isDiskError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
