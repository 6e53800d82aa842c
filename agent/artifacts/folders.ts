/** Folders that only their owner may look into, and whose entries last. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';

/** Makes the folder if it is not there. */
export function ensureFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Returns once the names in the folder are on the disk. */
export function syncFolder(path: string): void {
  let folder: number;
  try {
    folder = openSync(path, 'r');
  } catch {
    // Windows opens no folders, and needs none of it.
    return;
  }
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
