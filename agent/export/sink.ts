/**
 * Where an export goes, written as it is made: one buffer is all that is held. A file or
 * folder gets its name once it is whole, so that half an export never looks like one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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

/**
 * Writes a file that has its name once it is whole; one that was there is replaced then. Throws if
 * something else than a file has the name.
 */
export function writeFile(path: string, pieces: Iterable<string | Uint8Array>): void {
  if (existsSync(path) && !statSync(path).isFile()) {
    throw new Error(`${path} is no file. Name one, or leave --output out to print.`);
  }
  const partial = `${path}.partial`;
  try {
    writeWhole(partial, pieces, fsyncSync);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/**
 * Writes files into a folder that is new or empty, and that has its name once it is whole; throws if
 * it is neither.
 */
export function writeFolder(
  folder: string,
  files: Iterable<{ readonly path: string; readonly pieces: Iterable<string> }>
): void {
  const name = resolve(folder);
  if (existsSync(name) && !statSync(name).isDirectory()) {
    throw new Error(`${folder} is no folder. Name a new one, or an archive that ends in .zip.`);
  }
  if (existsSync(name) && readdirSync(name).length > 0) {
    throw new Error(`The folder ${folder} is not empty. Name a new one.`);
  }
  const partial = `${name}.partial`;
  if (existsSync(partial)) {
    throw new Error(`${partial} is left of an export that was cut off. Remove it first.`);
  }
  try {
    for (const { path, pieces } of files) {
      const target = join(partial, path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      writeWhole(target, pieces);
    }
    if (existsSync(name)) {
      rmdirSync(name);
    }
    renameSync(partial, name);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Writes a file that only its owner may read; `settle` is called with its descriptor at the end. */
function writeWhole(
  path: string,
  pieces: Iterable<string | Uint8Array>,
  settle: (file: number) => void = () => undefined
): void {
  const file = openSync(path, 'w', 0o600);
  try {
    writePieces(file, pieces);
    settle(file);
  } finally {
    closeSync(file);
  }
}
