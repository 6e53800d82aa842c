/**
 * The artifacts of a data folder, as files (artifact-places.ts), beside them the key that links are made
 * with. Nothing else has to be known to read them, so they outlive a journal that was lost.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, Rejection } from '../../schema/index.js';
import type {
  ArtifactContent,
  ArtifactName,
  ArtifactStore,
  LinePage,
  MatchPage,
  Sealed,
  SearchQuery,
  UploadName
} from '../ports/artifacts.js';
import { ArtifactPlaces, uploadFile } from './artifact-places.js';
import { FolderSyncs } from './folder-syncs.js';
import { Kept } from './kept.js';
import { LinkKey } from './link-key.js';
import { contentOf, openFile } from './open-file.js';
import { recoverFiles } from './recovery.js';
import { TextFiles } from './text-files.js';
import { Turns } from './turns.js';
import { UploadDigests } from './upload-digests.js';
import { ValueBatches } from './value-batches.js';
import { measureUpload, place, writeUpload } from './upload-file.js';
import { sealOf, writeWhole } from './whole-file.js';

export interface ArtifactFilesOptions {
  /** The data folder; artifacts are in its folder `artifacts`. */
  readonly dataDir: string;
  /** In ms; paces what is bounded in time. */
  readonly now: () => number;
  /** The journal is a new one, in the place of one that was damaged: everything there is kept. */
  readonly isJournalNew?: boolean;
}

/** Bytes of the largest values that are made durable with others: each is written twice. */
const BATCHED = 1 << 20;
const IDLE_UPLOAD_MS = 3_600_000;

export class ArtifactFiles implements ArtifactStore {
  readonly #places: ArtifactPlaces;
  readonly #options: ArtifactFilesOptions;
  readonly #key: LinkKey;
  readonly #kept: Kept;
  readonly #turns = new Turns();
  readonly #digests = new UploadDigests();
  readonly #syncs = new FolderSyncs();
  readonly #texts: TextFiles;
  readonly #batches: ValueBatches;

  /** Throws if the folder cannot be made. */
  constructor(options: ArtifactFilesOptions) {
    this.#options = options;
    this.#places = new ArtifactPlaces(join(options.dataDir, 'artifacts'));
    const { folder } = this.#places;
    this.#key = new LinkKey(join(folder, 'key'));
    this.#texts = new TextFiles(options.now);
    this.#kept = new Kept(join(folder, 'kept'));
    const placeOf = (hash: Digest) => this.#places.ofHash(hash);
    this.#batches = new ValueBatches(join(folder, 'batches'), this.#syncs, placeOf);
  }

  keyOf(hash: Digest): string {
    return this.#key.of(hash);
  }

  isKey(hash: Digest, key: string): boolean {
    return this.#key.is(hash, key);
  }

  recover(isReferred: (hash: Digest) => boolean): void {
    this.#batches.restore(this.#options.isJournalNew === true);
    const unknown = recoverFiles(this.#places, isReferred);
    const uploads = this.#options.isJournalNew ? readdirSync(this.#places.uploads) : [];
    this.#kept.add([...unknown, ...uploads]);
  }

  write(
    name: UploadName,
    offset: number,
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | { readonly rejection: Rejection }> {
    const path = this.#places.ofUpload(name);
    return this.#turns.take(path, async () => {
      const before = existsSync(path) ? statSync(path).size : 0;
      if (offset < before) {
        this.#texts.forget(path);
      }
      const written = await writeUpload(path, offset, bytes);
      if ('length' in written) {
        this.#digests.written(path, offset, bytes);
      }
      return written;
    });
  }

  seal(name: UploadName, length: number): Promise<Sealed | { readonly rejection: Rejection }> {
    const path = this.#places.ofUpload(name);
    return this.#turns.take(path, async () => {
      const sealed = await measureUpload(path, length, this.#digests.sealed(path, length));
      if ('rejection' in sealed) {
        return sealed;
      }
      const target = this.#places.ofHash(sealed.hash);
      const refused = await this.#turns.take(target, async () =>
        existsSync(target) || this.#batches.has(sealed.hash)
          ? null
          : place(path, `${target}.new`, this.#syncs)
      );
      return refused ?? sealed;
    });
  }

  async keep(bytes: Uint8Array): Promise<Sealed | { readonly rejection: Rejection }> {
    const sealed = sealOf(bytes);
    const { hash } = sealed;
    if (this.has(hash)) {
      return sealed;
    }
    if (bytes.length <= BATCHED) {
      return (await this.#batches.keep(hash, bytes)) ?? sealed;
    }
    const target = this.#places.ofHash(hash);
    const refused = await this.#turns.take(target, async () =>
      this.has(hash) ? null : writeWhole(`${target}.new`, bytes, this.#syncs)
    );
    return refused ?? sealed;
  }

  settle(hash: Digest): void {
    if (this.#batches.settle(hash)) {
      return;
    }
    const target = this.#places.ofHash(hash);
    if (!existsSync(target) && existsSync(`${target}.new`)) {
      renameSync(`${target}.new`, target);
      // Nobody waits: of the old name, too, recovery knows what it is to become.
      void this.#syncs.sync(join(target, '..')).catch(() => undefined);
    } else {
      rmSync(`${target}.new`, { force: true });
    }
  }

  has(name: ArtifactName): boolean {
    const isBatched = typeof name === 'string' && this.#batches.has(name);
    return isBatched || this.#places.find(name) !== undefined;
  }

  async open(name: ArtifactName): Promise<ArtifactContent | null> {
    const opened = await openFile(this.#find(name));
    return opened && contentOf(opened);
  }

  lines(name: ArtifactName, from: number, count: number): Promise<LinePage | null> {
    return this.#texts.lines(this.#find(name), { from, count });
  }

  search(name: ArtifactName, query: SearchQuery): Promise<MatchPage | null> {
    return this.#texts.search(this.#find(name), query);
  }

  remove(hash: Digest): boolean {
    if (this.#kept.has(hash)) {
      return false;
    }
    const target = this.#places.ofHash(hash);
    this.#batches.remove(hash);
    this.#texts.forget(target);
    rmSync(target, { force: true });
    rmSync(`${target}.new`, { force: true });
    return true;
  }

  removeUploads(referred: readonly UploadName[], now: number): void {
    const needed = new Set(referred.map(uploadFile));
    const { uploads } = this.#places;
    for (const name of readdirSync(uploads)) {
      const path = join(uploads, name);
      const isIdle = now - statSync(path).mtimeMs > IDLE_UPLOAD_MS;
      if (isIdle && !needed.has(name) && !this.#kept.has(name) && !this.#turns.has(path)) {
        this.#texts.forget(path);
        rmSync(path, { force: true });
      }
    }
  }

  /** The file; made here if its bytes are with others as yet. */
  #find(name: ArtifactName): string | undefined {
    if (typeof name === 'string') {
      this.#batches.place(name);
    }
    return this.#places.find(name);
  }
}
