/** The plugin that knows: the connection to the host, the open notebooks' stores, the settings. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { reasonOf } from '../../agent/core/explain.js';
import { Api } from '../client/api.js';
import { Settings, SETTINGS_ID } from '../settings.js';
import { stepBackFor } from '../step-back.js';
import { HostStatus } from '../store/host-status.js';
import { NotebookStores } from '../store/notebook-stores.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

/** Provides IColophon. It may not ask for the notebook tracker, which itself asks for the executor. */
export const colophonPlugin: JupyterFrontEndPlugin<IColophon> = {
  id: SETTINGS_ID,
  description: 'Knows who did what in the open notebooks, and the state of the host.',
  autoStart: true,
  provides: IColophon,
  optional: [ISettingRegistry, ITranslator],
  activate: (app, registry: ISettingRegistry | null, translator: ITranslator | null): IColophon => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const settings = new Settings();
    registry?.load(SETTINGS_ID).then(
      loaded => settings.follow(loaded),
      (reason: unknown) => {
        console.warn(`Colophon uses its default settings: ${reasonOf(reason)}`);
      }
    );
    const api = new Api(app.serviceManager.serverSettings);
    const status = new HostStatus(api);
    const stores = new NotebookStores(api, status, () => settings.current.historyPageSize);
    const stepBack = stepBackFor();
    if (stepBack !== null && firstTime(stepBack)) {
      void app.restored.then(() => {
        Notification.info(
          trans.__(
            '%1 runs the cells on this server. Colophon leaves that to it, and keeps the history.',
            stepBack
          ),
          { autoClose: false }
        );
      });
    }
    return { api, status, stores, settings, stepBack };
  }
};

/** Has this browser not been told yet that Colophon steps back for this extension? Remembers it. */
function firstTime(stepBack: string): boolean {
  const key = 'jupyterlab-colophon:stepped-back-for';
  if (localStorage.getItem(key) === stepBack) {
    return false;
  }
  localStorage.setItem(key, stepBack);
  return true;
}

/** Gives each notebook its store, from when it is opened until it is closed. */
export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:notebooks',
  description: 'Follows the open notebooks.',
  autoStart: true,
  requires: [IColophon, INotebookTracker],
  activate: (_app, colophon: IColophon, tracker: INotebookTracker) => {
    colophon.stores.follow(tracker);
  }
};
