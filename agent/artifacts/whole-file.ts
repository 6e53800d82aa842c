/**
 * A value that comes as a whole becomes a file at once. Guarantees that under its name there is all of
 * it, or nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest, Rejection } from '../../schema/index.js';
import type { Sealed } from '../ports/artifacts.js';
import { hasSpace } from './disk-space.js';
import { diskRefusal, noSpace } from './disk-refusal.js';
import { ensureFolder } from './folders.js';
import type { FolderSyncs } from './folder-syncs.js';

const LINE_END = 10;

/** What a file with these bytes is sealed as. */
export function sealOf(bytes: Uint8Array): Sealed {
  const hash = createHash('sha256').update(bytes).digest('hex') as Digest;
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) {
    lines += 1;
  }
  return { hash, bytes: bytes.length, lines };
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
