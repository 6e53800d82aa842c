/** How tests make programs of what is in agent/ now: each in one file, as it is shipped. */
import type { BuildOptions } from 'esbuild';

export const ONE_FILE = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  logLevel: 'error',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' }
} as const satisfies BuildOptions;
