/**
 * Where an export goes, written as it is made: one buffer is all that is held. A file gets its name
 * once it is whole, so that half an export never looks like one.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync
} from 'node:fs';
import { dirname, join } from 'node:path';

const BUFFER = 65_536;
/** How long to wait for a reader that has no room. */
const ROOM_MS = 5;

/** Writes pieces of text or bytes to a file descriptor. */
export function writePieces(file: number, pieces: Iterable<string | Uint8Array>): void {
  let waiting: Buffer[] = [];
  let size = 0;
  const flush = () => {
    writeAll(file, Buffer.concat(waiting));
    [waiting, size] = [[], 0];
  };
  for (const piece of pieces) {
    const bytes = Buffer.from(piece as string);
    waiting.push(bytes);
    size += bytes.length;
    if (size >= BUFFER) {
      flush();
    }
  }
  flush();
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(file, bytes, written);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ROOM_MS);
    }
  }
}

/** Writes a file that has its name once it is whole; one that was there is replaced then. */
export function writeFile(path: string, pieces: Iterable<string | Uint8Array>): void {
  const partial = `${path}.partial`;
  const file = openSync(partial, 'w', 0o600);
  try {
    writePieces(file, pieces);
  } catch (error) {
    closeSync(file);
    rmSync(partial, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(partial, path);
}

/** Writes files into a folder that is new or empty; throws if it is neither. */
export function writeFolder(
  folder: string,
  files: Iterable<{ readonly path: string; readonly pieces: Iterable<string> }>
): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`The folder ${folder} is not empty. Name a new one.`);
  }
  for (const { path, pieces } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFile(target, pieces);
  }
}
