/**
 * Colophon in JupyterLab: a client of the host. Each plugin can be disabled by itself; the two that
 * replace the cell executor are left out when another extension already runs cells on the server.
 */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { artifactsPlugin } from './plugins/artifacts.js';
import { cellExecutorPlugin, promptsPlugin } from './plugins/cell-executor.js';
import { cellFootersPlugin } from './plugins/cell-footers.js';
import { colophonPlugin, notebooksPlugin } from './plugins/colophon.js';
import { commandsPlugin } from './plugins/commands.js';
import { historyPlugin } from './plugins/history.js';
import { questionsPlugin } from './plugins/questions.js';
import { statusPlugin } from './plugins/status.js';
import { streamsPlugin } from './plugins/streams.js';
import { widgetsPlugin } from './plugins/widgets.js';
import { stepBackFor } from './step-back.js';

export { IColophon } from './tokens.js';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  colophonPlugin,
  notebooksPlugin,
  ...(stepBackFor() === null ? [cellExecutorPlugin, promptsPlugin, widgetsPlugin] : []),
  historyPlugin,
  streamsPlugin,
  cellFootersPlugin,
  questionsPlugin,
  statusPlugin,
  artifactsPlugin,
  commandsPlugin
];

export default plugins;
