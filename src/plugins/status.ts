/** The plugin that puts Colophon's item into the status bar. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { StatusItem, StatusModel } from '../panels/status/status-item.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:status',
  description: 'Shows the state of the agent and its queue in the status bar.',
  autoStart: true,
  requires: [IColophon, IStatusBar],
  optional: [ITranslator],
  activate: (app, colophon: IColophon, statusBar: IStatusBar, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const item = new StatusItem(new StatusModel(colophon, trans), app.commands, trans);
    statusBar.registerStatusItem('jupyterlab-colophon:status', {
      item,
      align: 'left',
      rank: 90,
      priority: 1
    });
  }
};
