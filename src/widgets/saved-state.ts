/**
 * Tells the agent whether this page keeps the state of widgets in its notebooks by itself, as the setting
 * of the Jupyter widgets extension says, so that the two do not both write. Told in the page's presence,
 * so that it ends with the page.
 */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** The settings of jupyterlab_widgets. */
export const WIDGET_SETTINGS = '@jupyter-widgets/jupyterlab-manager:plugin';

/** Read by the agent. */
const PRESENCE = 'colophonSavesWidgets';

/** Follows the setting until the panel is closed. */
export function tellWhetherSaving(
  panel: Pick<NotebookPanel, 'context' | 'disposed' | 'model'>,
  settings: ISettingRegistry.ISettings
): void {
  const tell = (): void => {
    const awareness = (panel.model?.sharedModel as Partial<WithAwareness> | undefined)?.awareness;
    awareness?.setLocalStateField(PRESENCE, settings.get('saveState').composite === true);
  };
  settings.changed.connect(tell);
  panel.disposed.connect(() => settings.changed.disconnect(tell));
  void panel.context.ready.then(tell);
}

interface WithAwareness {
  readonly awareness: { setLocalStateField(field: string, value: unknown): void };
}
