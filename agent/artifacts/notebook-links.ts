/**
 * The links to artifacts that the notebook files below a folder have. Guarantees that a file is read
 * again only when it has changed, in pieces, so that neither time nor memory is taken from anything else.
 */
import { createReadStream, type Dirent, type Stats } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../schema/index.js';
import type { LinkingFiles } from '../ports/artifacts.js';

/** Nobody works on a notebook in these. */
const PASSED_OVER = /^(?:\.|node_modules$|__pycache__$)/;
/** Files and folders; with more below it, nobody can look through the folder now and then. */
const MOST_ENTRIES = 2_000_000;
/** A link as it stands in JSON, and the most that it takes. */
const LINK = /"hash"\s*:\s*"([0-9a-f]{64})"/g;
const LONGEST_LINK = 1024;

interface ReadFile {
  readonly changed: number;
  readonly size: number;
  readonly hashes: readonly Digest[];
}

export class NotebookLinks implements LinkingFiles {
  readonly #root: string;
  /** By path, what was read of a file, and when. */
  #read = new Map<string, ReadFile>();

  constructor(root: string) {
    this.#root = root;
  }

  async linked(hashes: ReadonlySet<Digest>): Promise<ReadonlySet<Digest>> {
    const read = new Map<string, ReadFile>();
    const found = new Set<Digest>();
    for await (const path of notebooks(this.#root)) {
      const file = await this.#readAgain(path);
      if (file !== undefined) {
        read.set(path, file);
        file.hashes.filter(hash => hashes.has(hash)).forEach(hash => found.add(hash));
      }
    }
    this.#read = read;
    return found;
  }

  /** Undefined for a file that has gone meanwhile, or that this server cannot read. */
  async #readAgain(path: string): Promise<ReadFile | undefined> {
    try {
      const found = await stat(path);
      if (!found.isFile()) {
        return undefined;
      }
      const { mtimeMs, ctimeMs, size } = found;
      const changed = Math.max(mtimeMs, ctimeMs);
      const known = this.#read.get(path);
      return known?.changed === changed && known.size === size
        ? known
        : { changed, size, hashes: await linksOf(path) };
    } catch (error) {
      return passedOver(error);
    }
  }
}

async function linksOf(path: string): Promise<Digest[]> {
  const found = new Set<Digest>();
  let rest = '';
  for await (const piece of createReadStream(path, {
    encoding: 'latin1',
    highWaterMark: 1 << 18
  })) {
    const text = rest + String(piece);
    for (const [, hash] of text.matchAll(LINK)) {
      found.add(hash as Digest);
    }
    rest = text.slice(-LONGEST_LINK);
  }
  return [...found];
}

/** Every notebook file below a folder, also behind symbolic links, each folder once. */
async function* notebooks(root: string): AsyncGenerator<string> {
  const seen = new Set<string>();
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    // A root that is not there, as a drive that is not mounted, is no empty one.
    const listed = folder === root ? await opendir(root) : await opened(folder);
    for await (const entry of listed ?? []) {
      entries += 1;
      if (entries > MOST_ENTRIES) {
        throw new Error(`There are more than ${MOST_ENTRIES} files below ${root}.`);
      }
      const path = join(folder, entry.name);
      if (PASSED_OVER.test(entry.name)) {
        continue;
      }
      if (entry.name.endsWith('.ipynb') && !entry.isDirectory()) {
        yield path;
      } else if (await isNewFolder(path, entry, seen)) {
        folders.push(path);
      }
    }
  }
}

async function isNewFolder(path: string, entry: Dirent, seen: Set<string>): Promise<boolean> {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) {
    return false;
  }
  const found: Stats | undefined = await stat(path).catch(passedOver);
  const id = `${found?.dev}:${found?.ino}`;
  if (found?.isDirectory() !== true || seen.has(id)) {
    return false;
  }
  seen.add(id);
  return true;
}

function opened(folder: string) {
  return opendir(folder).catch(passedOver);
}

/** What is gone, or not ours to read, nobody of this server opens; any other error is told. */
function passedOver(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (!['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(String(code))) {
    throw error;
  }
}
