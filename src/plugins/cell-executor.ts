/** The plugins that replace JupyterLab's way of running cells. Left out when Colophon steps back. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookCellExecutor } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { DisposableSet } from '@lumino/disposable';
import { hostRuns } from '../client/status.js';
import { CellExecutor } from '../executor/cell-executor.js';
import { Prompts } from '../executor/prompts.js';
import { refusalWords } from '../executor/refusal.js';
import { ShownKernel } from '../executor/shown-kernel.js';
import { Trust } from '../executor/trust.js';
import type { NotebookStore } from '../store/notebook-store.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

export const cellExecutorPlugin: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: 'jupyterlab-colophon:cell-executor',
  description: 'Runs the cells of collaborative notebooks on the server, tab or no tab.',
  autoStart: true,
  provides: INotebookCellExecutor,
  requires: [IColophon],
  optional: [ITranslator],
  activate: (_app, colophon: IColophon, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    return new CellExecutor({
      ...(translator ? { translator } : {}),
      storeFor: async notebook => {
        const store = colophon.stores.of(notebook);
        if (store === undefined || hostRuns(await colophon.status.ready())) {
          return store;
        }
        store.forgetRefusals();
        return undefined;
      },
      onRefused: (store, runs, reason) => {
        void colophon.status.refresh();
        const { title, detail } = refusalWords(reason, runs.length, trans);
        store.noteRefusal(
          runs.map(run => run.cellId),
          detail
        );
        Notification.error(`${title}\n${detail}`, { autoClose: 15_000 });
      }
    });
  }
};

export const promptsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:prompts',
  description:
    'Shows [*] at the cells that wait or run, trusts their outputs and shows their kernel, whoever asked for it.',
  autoStart: true,
  requires: [IColophon],
  activate: (_app, colophon: IColophon) => {
    const { stores } = colophon;
    const follow = ({ panel, store }: { panel: NotebookPanel; store: NotebookStore }) => {
      const followers = new DisposableSet();
      followers.add(new Prompts(panel, store));
      followers.add(new Trust(panel));
      followers.add(new ShownKernel(panel.sessionContext, store));
      panel.disposed.connect(() => followers.dispose());
    };
    stores.all.forEach(follow);
    stores.opened.connect((_, opened) => follow(opened));
  }
};
