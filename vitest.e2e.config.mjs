import { defineConfig } from 'vitest/config';

/* Integration and end to end: real Jupyter servers, kernels and a browser, which each file starts for
   itself. `make test` runs two files at a time. */
export default defineConfig({
  test: {
    include: ['tests/{integration,e2e}/**/*.test.ts'],
    // @jupyter/ydoc reads cells before it puts them into a document; yjs warns of each.
    onConsoleLog: log => !log.includes('Invalid access: Add Yjs type'),
    setupFiles: ['tests/e2e/tell-logs.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    server: { deps: { inline: [/@jupyter\//, /@jupyterlab\//, /@lumino\//, /y-websocket/] } }
  }
});
