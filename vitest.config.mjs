import { defineConfig } from 'vitest/config';

/* JupyterLab's packages are ES modules without saying so, and import without extensions: Vite
   has to resolve them, Node cannot. */
export default defineConfig({
  test: {
    include: ['tests/{unit,contract,simulation}/**/*.test.{ts,tsx}'],
    // @jupyter/ydoc reads cells before it puts them into a document; yjs warns of each.
    onConsoleLog: log => !log.includes('Invalid access: Add Yjs type'),
    testTimeout: 60_000,
    server: { deps: { inline: [/@jupyter\//, /@jupyterlab\//, /@lumino\//, /y-websocket/] } }
  }
});
