/**
 * Where artifacts are below a folder: complete ones at `<ab>/<hash>`, or at `<ab>/<hash>.new` as long as
 * their event is not known to be durable; uploads by notebook and id. Guarantees that no id of an
 * upload, and nothing but a hash, becomes a part of a path.
 */
import { hash as digestOf } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../schema/index.js';
import type { ArtifactName, UploadName } from '../ports/artifacts.js';
import { ensureFolder } from './folders.js';

const HASH = /^[0-9a-f]{64}$/;

/** A file below the two-letter folders. */
export interface FoundFile {
  readonly folder: string;
  readonly name: string;
  /** Undefined for what is no artifact's. */
  readonly hash: Digest | undefined;
  /** What follows the hash in the name. */
  readonly endings: readonly string[];
}

export class ArtifactPlaces {
  readonly folder: string;
  readonly uploads: string;

  /** Throws if the folders cannot be made. */
  constructor(folder: string) {
    this.folder = ensureFolder(folder);
    this.uploads = ensureFolder(join(folder, 'uploads'));
  }

  /** Where a complete artifact is, or will be. */
  ofHash(hash: Digest): string {
    if (!HASH.test(hash)) {
      throw new Error('not a hash');
    }
    return join(this.folder, hash.slice(0, 2), hash);
  }

  ofUpload(name: UploadName): string {
    return join(this.uploads, uploadFile(name));
  }

  /** The file that is there now; undefined if none is. */
  find(name: ArtifactName): string | undefined {
    if (typeof name !== 'string') {
      const path = this.ofUpload(name);
      return existsSync(path) ? path : undefined;
    }
    const path = this.ofHash(name);
    return [path, `${path}.new`].find(each => existsSync(each));
  }

  /** Everything below the two-letter folders. */
  files(): FoundFile[] {
    return readdirSync(this.folder)
      .filter(name => /^[0-9a-f]{2}$/.test(name))
      .flatMap(part => {
        const folder = join(this.folder, part);
        return readdirSync(folder).map(name => {
          const [first = '', ...endings] = name.split('.');
          const hash = HASH.test(first) ? (first as Digest) : undefined;
          return { folder, name, hash, endings };
        });
      });
  }
}

/** The name of an upload's file. */
export function uploadFile({ stream, upload }: UploadName): string {
  return digestOf('sha256', `${stream}\0${upload}`);
}
