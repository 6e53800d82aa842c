/** The program that evaluates expressions as it is shipped: in one file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { ONE_FILE } from '../../bundle.js';

const folder = mkdtempSync(join(tmpdir(), 'colophon-expressions-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export const EXPRESSION_PROGRAM = join(folder, 'expression-process.js');
buildSync({
  entryPoints: [join(import.meta.dirname, '../../../agent/expression-process.ts')],
  outfile: EXPRESSION_PROGRAM,
  ...ONE_FILE
});
