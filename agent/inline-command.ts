/** `colophon inline`: a notebook file with everything in it that it keeps outside. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../schema/index.js';
import { inlineNotebook } from './api/inline-notebook.js';
import { ArtifactFiles } from './artifacts/artifact-files.js';
import { systemClock } from './clock.js';
import { reasonOf } from './core/explain.js';
import { linksIn } from './core/outputs/inline-artifacts.js';
import type { Link } from './core/outputs/whole-outputs.js';
import { argumentsOf, WrongUsage } from './usage.js';

/** How it is called. */
export const INLINE_USAGE = `colophon inline FILE.ipynb [--dir DIR] [--output FILE]
  A copy of the notebook with all output in it, also what Colophon keeps beside it.
  --output, -o  where to; printed if absent
  --dir         the data folder; the folder colophon in Jupyter's data folder if absent
`;

/** Runs the command; gives its exit code: 1 if something stayed a link. */
export async function inlineCommand(args: string[]): Promise<number> {
  const { values, positionals } = argumentsOf({
    args,
    allowPositionals: true,
    options: { dir: { type: 'string' }, output: { type: 'string', short: 'o' } }
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) {
    throw new WrongUsage('Name one notebook file.');
  }
  if (values.dir === undefined) {
    throw new WrongUsage('Name the data folder with --dir.');
  }
  const notebook = read(path);
  const store = existsSync(join(values.dir, 'artifacts'))
    ? new ArtifactFiles({ dataDir: values.dir, now: () => systemClock.now() })
    : null;
  const has = (link: Link) => 'hash' in link && store?.has(link.hash) === true;
  const pieces = inlineNotebook(
    notebook,
    {
      has,
      open: async link => ('hash' in link ? ((await store?.open(link.hash)) ?? null) : null)
    },
    randomUUID()
  );
  await write(values.output, pieces);
  const missing = linksIn(notebook).filter(link => !has(link));
  if (missing.length > 0) {
    const detail = missing.some(link => !('hash' in link))
      ? ' Of a run that has not ended, use the menu of the notebook.'
      : '';
    console.error(`${missing.length} stay links: their bytes are not in ${values.dir}.${detail}`);
    return 1;
  }
  return 0;
}

function read(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Json;
  } catch (error) {
    const reason = reasonOf(error);
    throw new Error(`${path} cannot be read as a notebook: ${reason}`, { cause: error });
  }
}

/** A file has its name once it is whole. */
async function write(path: string | undefined, pieces: AsyncIterable<string>): Promise<void> {
  if (path === undefined) {
    for await (const piece of pieces) {
      await new Promise<void>((resolve, reject) => {
        process.stdout.write(piece, error => (error ? reject(error) : resolve()));
      });
    }
    return;
  }
  const unfinished = `${path}.unfinished`;
  const file = await open(unfinished, 'w');
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
    }
    await file.sync();
    await file.close();
    await rename(unfinished, path);
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}
