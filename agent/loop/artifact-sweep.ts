/**
 * What all notebooks refer to outside their documents, and the removal of what none does any more.
 * Guarantees that a removal races with no new reference: both happen in one turn of the event loop.
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
import type { ArtifactStore } from '../ports/artifacts.js';
import { JournalUnreachable, type Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { Session } from './session.js';

export interface ArtifactSweepContext {
  readonly store: Pick<ArtifactStore, 'recover' | 'remove' | 'removeUploads'>;
  readonly journal: Pick<Journal, 'append' | 'cursors' | 'streams'>;
  readonly clock: Clock;
  readonly graceDays: number;
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
  #cancel = (): void => undefined;
  #cancelSoon: (() => void) | null = null;

  constructor(context: ArtifactSweepContext) {
    this.#context = context;
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
    this.#carefully(() => {
      const now = this.#context.clock.now();
      this.#sweepArtifacts(now);
      this.#sweepUploads(now);
    });
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

  /** In one turn, so that nothing refers anew to what is being removed. */
  #sweepArtifacts(now: number): void {
    const { graceDays, store } = this.#context;
    const wanted = new Set<string>();
    const letGo = new Map<Digest, StreamPath[]>();
    for (const [stream, references] of this.#references) {
      for (const [id, reference] of Object.entries(references)) {
        if (!isLetGo(reference, now, graceDays)) {
          wanted.add(id);
        } else if (isHash(id)) {
          letGo.set(id, [...(letGo.get(id) ?? []), stream]);
        }
      }
    }
    for (const [hash, streams] of letGo) {
      if (!wanted.has(hash) && store.remove(hash)) {
        streams.forEach(stream => this.#tellRemoved(stream, hash));
      }
    }
  }

  #sweepUploads(now: number): void {
    const { graceDays, session, store } = this.#context;
    for (const [stream, references] of [...this.#references]) {
      const gone = Object.entries(references).filter(
        ([id, reference]) => !isHash(id) && isLetGo(reference, now, graceDays)
      );
      if (gone.length > 0) {
        const ids = new Set(gone.map(([id]) => id));
        const left = Object.entries(references).filter(([id]) => !ids.has(id));
        session(stream)?.refer(Object.fromEntries(left));
      }
    }
    const referred = [...this.#references].flatMap(([stream, references]) =>
      Object.keys(references).map(upload => ({ stream, upload }))
    );
    store.removeUploads(referred, now);
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
