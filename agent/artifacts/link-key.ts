/** The key of a data folder that links to artifacts are made with: made once, for its owner alone. */
import { randomBytes } from 'node:crypto';
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
import { syncFolder } from './folders.js';

const LENGTH = 32;

/** The key in the file; makes one if there is none. Throws if there is something else. */
export function ensureKey(path: string): Buffer {
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
