/** The service as one file, made of what is in agent/ now, so that tests need no build. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { ONE_FILE } from '../bundle.js';

const AGENT = join(import.meta.dirname, '..', '..', 'agent');

/** Bundles the service into a folder; the path of the program. */
export async function bundleService(folder: string): Promise<string> {
  const outfile = join(folder, 'serve.cjs');
  await build({
    entryPoints: [join(AGENT, 'serve.ts')],
    outfile,
    ...ONE_FILE
  });
  return outfile;
}
