/**
 * One upload as a file: grows at its end, may be cut back to a length, and is sealed as a whole. What
 * was sealed shares its bytes on the disk, so a sealed upload that goes on is copied first.
 */
import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Digest, Rejection } from '../../schema/index.js';
import type { Sealed } from '../ports/artifacts.js';
import { diskRefusal, noSpace } from './disk-refusal.js';
import { hasSpace } from './disk-space.js';
import type { FolderSyncs } from './folder-syncs.js';
import { ensureFolder, syncFolder } from './folders.js';
import { lineEnds } from './line-ends.js';

type Refused = { readonly rejection: Rejection };

const PIECE = 1 << 20;

/** Writes from `offset` on; what was behind it is gone. Durable once it settles. */
export async function writeUpload(
  path: string,
  offset: number,
  bytes: Uint8Array
): Promise<{ readonly length: number } | Refused> {
  try {
    if (!(await hasSpace(dirname(path), bytes.length))) {
      return noSpace();
    }
    const isNew = !existsSync(path);
    if (isNew && offset > 0) {
      return behind(0);
    }
    if (!isNew) {
      await unshare(path);
    }
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size } = await file.stat();
      if (offset > size) {
        return behind(size);
      }
      if (offset < size) {
        await file.truncate(offset);
      }
      await writeAll(file, bytes, offset);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (isNew) {
      syncFolder(dirname(path));
    }
    return { length: offset + bytes.length };
  } catch (error) {
    return diskRefusal(error);
  }
}

/**
 * The upload cut to its first `length` bytes, with their digest; or that it is not that long. `known`:
 * what those bytes are sealed as, if that is known.
 */
export async function measureUpload(
  path: string,
  length: number,
  known: Sealed | undefined
): Promise<Sealed | Refused> {
  if (!existsSync(path)) {
    const made = length === 0 ? await writeUpload(path, 0, new Uint8Array()) : behind(0);
    if ('rejection' in made) {
      return made;
    }
  }
  try {
    const file = await open(path, 'r');
    const { size } = await file.stat().finally(() => file.close());
    if (size < length) {
      return behind(size);
    }
    if (size > length) {
      const cut = await writeUpload(path, length, new Uint8Array());
      if ('rejection' in cut) {
        return cut;
      }
    }
    return known ?? (await measure(path));
  } catch (error) {
    return diskRefusal(error);
  }
}

/** Puts the bytes of `path` at `place` as well; there is a whole file or none. */
export async function place(
  path: string,
  target: string,
  syncs: FolderSyncs
): Promise<Refused | null> {
  try {
    ensureFolder(dirname(target));
    try {
      await link(path, target);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'EEXIST') {
        return null;
      }
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'ENOSYS', 'EMLINK'].includes(code)) {
        throw error;
      }
      // A file system without hard links.
      await copy(path, target);
    }
    await syncs.sync(dirname(target));
    return null;
  } catch (error) {
    return diskRefusal(error);
  }
}

async function measure(path: string): Promise<Sealed> {
  const file = await open(path, 'r');
  try {
    const digest = createHash('sha256');
    const buffer = Buffer.allocUnsafe(PIECE);
    let [bytes, lines] = [0, 0];
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, bytes);
      if (bytesRead === 0) {
        return { hash: digest.digest('hex') as Digest, bytes, lines };
      }
      const piece = buffer.subarray(0, bytesRead);
      digest.update(piece);
      bytes += bytesRead;
      lines += lineEnds(piece);
    }
  } finally {
    await file.close();
  }
}

/** Makes the file one of its own, if its bytes are sealed under another name, too. */
async function unshare(path: string): Promise<void> {
  const file = await open(path, 'r');
  const { nlink } = await file.stat().finally(() => file.close());
  if (nlink > 1) {
    await copy(path, path);
  }
}

async function copy(path: string, target: string): Promise<void> {
  const unfinished = `${target}.copy`;
  await rm(unfinished, { force: true });
  await copyFile(path, unfinished);
  const file = await open(unfinished, 'r+');
  await file.datasync().finally(() => file.close());
  await rename(unfinished, target);
  syncFolder(dirname(target));
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

function behind(length: number): Refused {
  const detail = `The upload has ${length} bytes. Go on from there, or begin again with offset=0.`;
  return { rejection: { code: 'upload-behind', detail, at: { length } } };
}
