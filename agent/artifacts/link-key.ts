/** The key of a data folder that links to artifacts are made with: made once, for its owner alone. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync
} from 'node:fs';
import { dirname } from 'node:path';
import type { Digest } from '../../schema/index.js';
import { syncFolder } from './folders.js';

const LENGTH = 32;

export class LinkKey {
  readonly #key: Buffer;

  /** The key in the file; makes one if there is none. Throws if there is something else. */
  constructor(path: string) {
    this.#key = ensureKey(path);
  }

  /** What a link to these bytes bears. */
  of(hash: Digest): string {
    return this.#made(hash).toString('base64url');
  }

  is(hash: Digest, key: string): boolean {
    const [made, given] = [this.#made(hash), Buffer.from(key, 'base64url')];
    return made.length === given.length && timingSafeEqual(made, given);
  }

  #made(hash: Digest): Buffer {
    return createHmac('sha256', this.#key).update(`colophon artifact ${hash}`).digest();
  }
}

function ensureKey(path: string): Buffer {
  if (!existsSync(path)) {
    const unfinished = `${path}.unfinished`;
    const file = openSync(unfinished, 'w', 0o600);
    try {
      writeSync(file, randomBytes(LENGTH));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
    syncFolder(dirname(path));
  }
  const key = readFileSync(path);
  if (key.length !== LENGTH) {
    throw new Error(`${path} is no key of artifacts. Restore it from a copy of the folder.`);
  }
  return key;
}
