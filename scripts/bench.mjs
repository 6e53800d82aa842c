/**
 * Runs the programs in bench/, all or those named: TypeScript is bundled first, JavaScript and
 * Python run as they are. Each prints its own figures; the first failure ends the run.
 */
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bench = join(root, 'bench');
const wanted = process.argv.slice(2);

const programs = (await readdir(bench))
  .filter(file => /\.(ts|mjs|py)$/.test(file))
  .filter(file => wanted.length === 0 || wanted.includes(parse(file).name))
  .sort();

for (const file of programs) {
  console.log(`\n# ${file}`);
  const { name, ext } = parse(file);
  let command = [process.execPath, join(bench, file)];
  if (ext === '.py') {
    command = ['python', join(bench, file)];
  } else if (ext === '.ts') {
    const outfile = join(root, '.cache', 'bench', `${name}.cjs`);
    await build({
      entryPoints: [join(bench, file)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node24',
      logLevel: 'error',
      external: ['playwright-core'],
      define: { 'import.meta.dirname': JSON.stringify(bench) }
    });
    command = [process.execPath, outfile];
  }
  const [program, ...args] = command;
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}
