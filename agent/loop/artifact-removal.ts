/**
 * The removal of artifacts and uploads that no notebook has referred to for the grace. What once stood in a notebook is
 * looked for in the notebook files first: a copy that was made beside Colophon, and never opened, links to
 * it, too. Guarantees that a removal races with no new reference, and that nothing goes while the files
 * cannot be looked through.
 */
import { isHash, isLetGo, type References } from '../core/notebook/references.js';
import { reasonOf } from '../core/explain.js';
import type { Digest, StreamPath } from '../../schema/index.js';
import type { ArtifactStore, LinkingFiles } from '../ports/artifacts.js';
import type { Clock } from '../ports/inputs.js';

export interface ArtifactRemovalContext {
  readonly store: Pick<ArtifactStore, 'remove' | 'removeUploads'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly graceDays: number;
  /** The notebook files; absent where there are none to look at. */
  readonly files?: LinkingFiles;
  /** What each notebook refers to, now. */
  readonly references: ReadonlyMap<StreamPath, References>;
  /** States that the bytes are gone. */
  readonly removed: (stream: StreamPath, hash: Digest) => void;
  /** Notes that these uploads are nobody's any more. */
  readonly forgotten: (stream: StreamPath, ids: ReadonlySet<string>) => void;
  /** Notes that the bytes are wanted for another grace. */
  readonly renewed: (stream: StreamPath, hashes: readonly Digest[]) => void;
  readonly warn: (message: string) => void;
}

/** An artifact that may go, as far as the facts say. */
interface LetGo {
  readonly streams: StreamPath[];
  /** It has stood in a notebook, so that a copy of the file may have it. */
  stood: boolean;
}

export class ArtifactRemoval {
  readonly #context: ArtifactRemovalContext;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(context: ArtifactRemovalContext) {
    this.#context = context;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Removes what may go: at once, or after a look at the files. */
  sweep(): void {
    this.#sweepUploads();
    const { files } = this.#context;
    const suspects = new Set<Digest>();
    for (const [hash, letGo] of this.#letGo()) {
      if (files !== undefined && letGo.stood) {
        suspects.add(hash);
      } else {
        this.#remove(hash, letGo);
      }
    }
    if (files !== undefined && suspects.size > 0 && this.#looking === undefined) {
      this.#looking = this.#look(files, suspects).finally(() => (this.#looking = undefined));
    }
  }

  #sweepUploads(): void {
    const { clock, forgotten, graceDays, references, store } = this.#context;
    const now = clock.now();
    for (const [stream, each] of [...references]) {
      const gone = Object.entries(each).filter(
        ([id, reference]) => !isHash(id) && isLetGo(reference, now, graceDays)
      );
      if (gone.length > 0) {
        forgotten(stream, new Set(gone.map(([id]) => id)));
      }
    }
    const referred = [...references].flatMap(([stream, each]) =>
      Object.keys(each).map(upload => ({ stream, upload }))
    );
    store.removeUploads(referred, now);
  }

  async #look(files: LinkingFiles, suspects: ReadonlySet<Digest>): Promise<void> {
    const { renewed, warn } = this.#context;
    try {
      // Twice: a file may be moved from where a look is not yet to where it was already.
      const first = await files.linked(suspects);
      const linked = new Set([...first, ...(await files.linked(suspects))]);
      if (this.#stopped) {
        return;
      }
      const wanted = new Map<StreamPath, Digest[]>();
      for (const [hash, letGo] of this.#letGo()) {
        if (linked.has(hash)) {
          letGo.streams.forEach(stream =>
            wanted.set(stream, [...(wanted.get(stream) ?? []), hash])
          );
        } else if (suspects.has(hash)) {
          this.#remove(hash, letGo);
        }
      }
      wanted.forEach((hashes, stream) => renewed(stream, hashes));
    } catch (error) {
      warn(
        `No stored output was removed: the notebook files could not be looked through. ${reasonOf(error)}`
      );
    }
  }

  /** In one turn, so that nothing refers anew to what is being removed. */
  #remove(hash: Digest, { streams }: LetGo): void {
    const { store, removed } = this.#context;
    if (store.remove(hash)) {
      streams.forEach(stream => removed(stream, hash));
    }
  }

  #letGo(): Map<Digest, LetGo> {
    const { clock, graceDays, references } = this.#context;
    const now = clock.now();
    const wanted = new Set<string>();
    const letGo = new Map<Digest, LetGo>();
    for (const [stream, each] of references) {
      for (const [id, reference] of Object.entries(each)) {
        if (!isLetGo(reference, now, graceDays)) {
          wanted.add(id);
        } else if (isHash(id)) {
          const known = letGo.get(id) ?? { streams: [], stood: false };
          known.streams.push(stream);
          known.stood ||= reference.stood;
          letGo.set(id, known);
        }
      }
    }
    return new Map([...letGo].filter(([hash]) => !wanted.has(hash)));
  }
}
