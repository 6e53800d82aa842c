/** Rebuilds everything on change: tsc, then from its output the labextension; the agent beside it. */
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...path) => join(root, 'node_modules', ...path);

const programs = [
  [at('typescript', 'bin', 'tsc'), '-b', '--watch', '--preserveWatchOutput'],
  [join(root, 'scripts', 'bundle-agent.mjs'), '--watch'],
  [
    at('@jupyter', 'builder', 'lib', 'build-labextension.js'),
    '--core-package-file',
    at('@jupyterlab', 'core-meta', 'core.package.json'),
    '--development',
    '--watch',
    root
  ]
];

// The builder resolves the package's entry point when it starts, so that has to exist.
spawnSync(process.execPath, [at('typescript', 'bin', 'tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit'
});

const children = programs.map(program =>
  spawn(process.execPath, program, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
);
const stop = () => children.forEach(child => child.kill());
children.forEach(child => child.on('exit', stop));
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
