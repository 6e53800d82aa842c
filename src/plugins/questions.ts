/** The plugin that shows what a running cell asks for, in every browser that has the notebook open. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { reasonOf } from '../../agent/core/explain.js';
import { RefusedError } from '../client/problem.js';
import { Questions } from '../panels/stdin/questions.js';
import type { NotebookStore } from '../store/notebook-store.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

export const questionsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:questions',
  description: 'Shows the input field of a cell that asks, wherever the notebook is open.',
  autoStart: true,
  requires: [IColophon],
  optional: [ITranslator],
  activate: (app, colophon: IColophon, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const follow = ({ panel, store }: { panel: NotebookPanel; store: NotebookStore }) => {
      const questions = new Questions(panel, store, {
        me: () => app.serviceManager.user.identity?.username,
        onRefused: reason => {
          const title =
            reason instanceof RefusedError
              ? trans.__('The answer was not taken.')
              : trans.__('Nobody confirmed the answer.');
          Notification.error(`${title}\n${reasonOf(reason)}`, { autoClose: 15_000 });
        },
        translator: translator ?? nullTranslator
      });
      panel.disposed.connect(() => questions.dispose());
    };
    colophon.stores.all.forEach(follow);
    colophon.stores.opened.connect((_, opened) => follow(opened));
  }
};
