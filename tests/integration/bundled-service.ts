/** The service as one file, made of what is in agent/ now, so that tests need no build. */
import { join } from 'node:path';
import { build } from 'esbuild';

const AGENT = join(import.meta.dirname, '..', '..', 'agent');

/** Bundles the service into a folder; the path of the program. */
export async function bundleService(folder: string): Promise<string> {
  const outfile = join(folder, 'serve.cjs');
  await build({
    entryPoints: [join(AGENT, 'serve.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error'
  });
  return outfile;
}
