/**
 * The artifacts of a data folder, as files: complete ones by the hash of their bytes, uploads by
 * notebook and id, beside them the key that links are made with. Nothing else has to be known to read
 * them, so they outlive a journal that was lost.
 *
 * `<ab>/<hash>` stays until it is removed. `<ab>/<hash>.new` is there, but its event is not yet known
 * to be durable: after a kill, the references tell which of the two it is to become. What has its
 * name and no reference comes from an earlier journal, or the journal is an older copy: it is kept.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
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
import { ensureFolder } from './folders.js';
import { FolderSyncs } from './folder-syncs.js';
import { Kept } from './kept.js';
import { ensureKey } from './link-key.js';
import { contentOf, openFile } from './open-file.js';
import { TextFiles } from './text-files.js';
import { Turns } from './turns.js';
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

const HASH = /^[0-9a-f]{64}$/;
const IDLE_UPLOAD_MS = 3_600_000;

export class ArtifactFiles implements ArtifactStore {
  readonly #folder: string;
  readonly #uploads: string;
  readonly #options: ArtifactFilesOptions;
  readonly #key: Buffer;
  readonly #kept: Kept;
  readonly #turns = new Turns();
  readonly #syncs = new FolderSyncs();
  readonly #texts: TextFiles;

  /** Throws if the folder cannot be made. */
  constructor(options: ArtifactFilesOptions) {
    this.#options = options;
    this.#folder = ensureFolder(join(options.dataDir, 'artifacts'));
    this.#uploads = ensureFolder(join(this.#folder, 'uploads'));
    this.#key = ensureKey(join(this.#folder, 'key'));
    this.#texts = new TextFiles(options.now);
    this.#kept = new Kept(join(this.#folder, 'kept'));
  }

  keyOf(hash: Digest): string {
    return createHmac('sha256', this.#key).update(`colophon artifact ${hash}`).digest('base64url');
  }

  isKey(hash: Digest, key: string): boolean {
    const digest = (text: string) => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(key), digest(this.keyOf(hash)));
  }

  recover(isReferred: (hash: Digest) => boolean): void {
    const kept: string[] = [];
    for (const { folder, name } of this.#files()) {
      const [hash = '', ...endings] = name.split('.');
      const path = join(folder, name);
      if (!HASH.test(hash) || endings.includes('copy')) {
        rmSync(path, { force: true });
      } else if (endings.includes('new')) {
        if (isReferred(hash as Digest)) {
          renameSync(path, join(folder, hash));
        } else {
          rmSync(path, { force: true });
        }
      } else if (!isReferred(hash as Digest)) {
        kept.push(hash);
      }
    }
    for (const name of readdirSync(this.#uploads)) {
      if (name.endsWith('.copy')) {
        rmSync(join(this.#uploads, name), { force: true });
      } else if (this.#options.isJournalNew) {
        kept.push(name);
      }
    }
    this.#kept.add(kept);
  }

  write(
    name: UploadName,
    offset: number,
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | { readonly rejection: Rejection }> {
    const path = this.#pathOf(name);
    return this.#turns.take(path, async () => {
      const before = existsSync(path) ? statSync(path).size : 0;
      if (offset < before) {
        this.#texts.forget(path);
      }
      return writeUpload(path, offset, bytes);
    });
  }

  seal(name: UploadName, length: number): Promise<Sealed | { readonly rejection: Rejection }> {
    const path = this.#pathOf(name);
    return this.#turns.take(path, async () => {
      const sealed = await measureUpload(path, length);
      if ('rejection' in sealed) {
        return sealed;
      }
      const target = this.#placeOf(sealed.hash);
      const refused = await this.#turns.take(target, async () =>
        existsSync(target) ? null : place(path, `${target}.new`, this.#syncs)
      );
      return refused ?? sealed;
    });
  }

  keep(bytes: Uint8Array): Promise<Sealed | { readonly rejection: Rejection }> {
    const sealed = sealOf(bytes);
    const target = this.#placeOf(sealed.hash);
    return this.#turns.take(target, async () => {
      const isThere = [target, `${target}.new`].some(path => existsSync(path));
      const refused = isThere ? null : await writeWhole(`${target}.new`, bytes, this.#syncs);
      return refused ?? sealed;
    });
  }

  settle(hash: Digest): void {
    const target = this.#placeOf(hash);
    if (!existsSync(target) && existsSync(`${target}.new`)) {
      renameSync(`${target}.new`, target);
      // Nobody waits: of the old name, too, recovery knows what it is to become.
      void this.#syncs.sync(join(target, '..')).catch(() => undefined);
    } else {
      rmSync(`${target}.new`, { force: true });
    }
  }

  has(name: ArtifactName): boolean {
    return this.#find(name) !== undefined;
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
    const target = this.#placeOf(hash);
    this.#texts.forget(target);
    rmSync(target, { force: true });
    rmSync(`${target}.new`, { force: true });
    return true;
  }

  removeUploads(referred: readonly UploadName[], now: number): void {
    const needed = new Set(referred.map(uploadFile));
    for (const name of readdirSync(this.#uploads)) {
      const path = join(this.#uploads, name);
      const isIdle = now - statSync(path).mtimeMs > IDLE_UPLOAD_MS;
      if (isIdle && !needed.has(name) && !this.#kept.has(name) && !this.#turns.has(path)) {
        this.#texts.forget(path);
        rmSync(path, { force: true });
      }
    }
  }

  #find(name: ArtifactName): string | undefined {
    const path = this.#pathOf(name);
    const places = typeof name === 'string' ? [path, `${path}.new`] : [path];
    return places.find(each => existsSync(each));
  }

  #pathOf(name: ArtifactName): string {
    return typeof name === 'string' ? this.#placeOf(name) : join(this.#uploads, uploadFile(name));
  }

  #placeOf(hash: Digest): string {
    if (!HASH.test(hash)) {
      throw new Error('not a hash');
    }
    return join(this.#folder, hash.slice(0, 2), hash);
  }

  /** Everything below the two-letter folders. */
  #files(): { folder: string; name: string }[] {
    return readdirSync(this.#folder)
      .filter(name => /^[0-9a-f]{2}$/.test(name))
      .flatMap(part => {
        const folder = join(this.#folder, part);
        return readdirSync(folder).map(name => ({ folder, name }));
      });
  }
}

/** No id of an upload becomes a part of a path. */
function uploadFile({ stream, upload }: UploadName): string {
  return createHash('sha256').update(`${stream}\0${upload}`).digest('hex');
}
