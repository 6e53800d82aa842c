/**
 * Bundles the Node programs of agent/ into jupyterlab_colophon/agent/, one self-contained file each,
 * so that the wheel needs no node_modules. CommonJS: the packages in the bundle that start slowest
 * (ws, @jupyterlab/services) are CommonJS already. Pass --watch to rebuild on change.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, context } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, 'jupyterlab_colophon', 'agent');

const PROGRAMS = [
  ...['host', 'runtime-agent', 'serve', 'cli', 'verify', 'redact', 'upkeep'],
  ...['query-process', 'expression-process']
];

/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  entryPoints: PROGRAMS.map(name => join(root, 'agent', `${name}.ts`)),
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename'
  },
  minifySyntax: true,
  sourcemap: false,
  legalComments: 'eof',
  logLevel: 'info'
};

await mkdir(outdir, { recursive: true });
if (process.argv.includes('--watch')) {
  await (await context(options)).watch();
} else {
  await build(options);
}
