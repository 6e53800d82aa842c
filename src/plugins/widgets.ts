/** The plugin that makes widgets behave when the cells are run by the agent. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { drawLateModels } from '../widgets/late-models.js';
import { LiveOutputs } from '../widgets/live-outputs.js';
import { tellWhetherSaving, WIDGET_SETTINGS } from '../widgets/saved-state.js';

export const widgetsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:widgets',
  description:
    'Shows at once what runs capture in Output widgets, and who saves the state of widgets.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry],
  activate: (_app, tracker: INotebookTracker, registry: ISettingRegistry | null) => {
    const settings = registry?.load(WIDGET_SETTINGS).catch(() => undefined);
    tracker.widgetAdded.connect((_, panel) => {
      const live = new LiveOutputs(panel.sessionContext);
      panel.disposed.connect(() => live.dispose());
      drawLateModels(panel);
      void settings?.then(loaded => loaded !== undefined && tellWhetherSaving(panel, loaded));
    });
  }
};
