/**
 * A value that comes as a whole becomes a file at once. Guarantees that under its name there is all of
 * it, or nothing.
 */
import { hash as digestOf } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest, Rejection } from '../../schema/index.js';
import type { Sealed } from '../ports/artifacts.js';
import { hasSpace } from './disk-space.js';
import { diskRefusal, noSpace } from './disk-refusal.js';
import { ensureFolder } from './folders.js';
import type { FolderSyncs } from './folder-syncs.js';
import { lineEnds } from './line-ends.js';

/** What a file with these bytes is sealed as. */
export function sealOf(bytes: Uint8Array): Sealed {
  const hash = digestOf('sha256', bytes) as Digest;
  return { hash, bytes: bytes.length, lines: lineEnds(bytes) };
}

/** Puts the bytes at `target`. Durable once it settles with null. One at a time for each target. */
export async function writeWhole(
  target: string,
  bytes: Uint8Array,
  syncs: FolderSyncs
): Promise<{ readonly rejection: Rejection } | null> {
  const folder = dirname(target);
  const unfinished = `${target}.copy`;
  try {
    if (!(await hasSpace(dirname(folder), bytes.length))) {
      return noSpace();
    }
    const isNew = !existsSync(folder);
    ensureFolder(folder);
    const file = await open(unfinished, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(unfinished, target);
    await Promise.all([syncs.sync(folder), isNew ? syncs.sync(dirname(folder)) : undefined]);
    return null;
  } catch (error) {
    // What is not known to be durable must not be taken for it.
    const left = [unfinished, target].map(path => rm(path, { force: true }).catch(() => undefined));
    await Promise.all(left);
    return diskRefusal(error);
  }
}

/** Puts the bytes at a place, in the stead of what is there: all of them or none. Not yet on the disk. */
export function replaceWhole(path: string, bytes: Uint8Array): void {
  const unfinished = `${path}.copy`;
  writeFileSync(unfinished, bytes, { mode: 0o600 });
  renameSync(unfinished, path);
}

/** Brings a file to the disk under the first of these names that it has; nothing if it has none. */
export async function syncFile(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = await open(name, 'r+').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
    if (file !== undefined) {
      await file.datasync().finally(() => file.close());
      return;
    }
  }
}
