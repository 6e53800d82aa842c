/** The plugin that shows the history in the right side bar. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CellId } from '../../schema/index.js';
import { CommandIDs, WITHOUT_ARGUMENTS } from '../command-ids.js';
import { colophonIcon } from '../icons.js';
import { HistoryModel } from '../panels/history/history-model.js';
import { HistoryPanel } from '../panels/history/history-panel.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:history',
  description: 'Shows who did what in the current notebook, newest first.',
  autoStart: true,
  requires: [IColophon],
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app,
    colophon: IColophon,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const panel = new HistoryPanel(new HistoryModel(colophon, trans));
    app.shell.add(panel, 'right', { rank: 600, type: 'Colophon' });
    restorer?.add(panel, panel.id);

    app.commands.addCommand(CommandIDs.openHistory, {
      label: trans.__('Show History'),
      describedBy: WITHOUT_ARGUMENTS,
      icon: colophonIcon,
      execute: () => app.shell.activateById(panel.id)
    });
    app.commands.addCommand(CommandIDs.showCellHistory, {
      label: trans.__('Show History of This Cell'),
      describedBy: WITHOUT_ARGUMENTS,
      icon: colophonIcon,
      isEnabled: () => colophon.stores.current !== undefined,
      execute: () => {
        const cell = colophon.stores.currentPanel?.content.activeCell;
        if (cell != null) {
          app.shell.activateById(panel.id);
          panel.showCell(cell.model.id as CellId);
        }
      }
    });
  }
};
