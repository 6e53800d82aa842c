/** The commands that act on the current notebook's agent, and the host. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { reasonOf } from '../../agent/core/explain.js';
import type { Order } from '../../schema/index.js';
import { RefusedError } from '../client/problem.js';
import { CommandIDs, WITHOUT_ARGUMENTS } from '../command-ids.js';
import { showStatusDialog } from '../panels/status/status-dialog.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

/** Adds the commands, and all of Colophon's to the palette. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:commands',
  description: 'Commands for the agent of the current notebook.',
  autoStart: true,
  requires: [IColophon],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app,
    colophon: IColophon,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const { api, status, stores } = colophon;
    const { commands } = app;

    const tell = (reason: unknown) => {
      const detail = reason instanceof RefusedError ? reason.detail : reasonOf(reason);
      Notification.error(detail, { autoClose: 10_000 });
    };
    const order = (
      id: string,
      label: string,
      what: Order,
      isUseful: () => boolean = () => true
    ) => {
      commands.addCommand(id, {
        label,
        describedBy: WITHOUT_ARGUMENTS,
        isEnabled: () => status.runs && stores.current !== undefined && isUseful(),
        execute: async () => {
          await stores.current?.order(what).catch(tell);
        }
      });
    };
    const views = () => stores.current?.views;

    order(
      CommandIDs.startAgent,
      trans.__('Start Agent'),
      { type: 'agent.start', data: {} },
      () => views()?.agentPhase === 'none'
    );
    order(
      CommandIDs.stopAgent,
      trans.__('Stop Agent'),
      { type: 'agent.stop', data: {} },
      () => views()?.agentPhase !== 'none'
    );
    order(
      CommandIDs.restartAgent,
      trans.__('Restart Agent'),
      { type: 'agent.restart', data: {} },
      () => views()?.agentPhase !== 'none'
    );
    order(
      CommandIDs.interrupt,
      trans.__('Interrupt the Running Cell'),
      { type: 'kernel.interrupt', data: {} },
      () => views()?.running !== undefined
    );
    order(
      CommandIDs.cancelWaiting,
      trans.__('Cancel Waiting Cells'),
      { type: 'execution.cancel', data: { all: true } },
      () => (views()?.waiting.length ?? 0) > 0
    );
    commands.addCommand(CommandIDs.startHost, {
      label: trans.__('Start Colophon'),
      describedBy: WITHOUT_ARGUMENTS,
      isEnabled: () => status.current.kind === 'known' && status.current.status.state === 'stopped',
      execute: async () => {
        await api.startHost().catch(tell);
        await status.refresh();
      }
    });
    commands.addCommand(CommandIDs.showStatus, {
      label: trans.__('About This Server’s Colophon…'),
      describedBy: WITHOUT_ARGUMENTS,
      execute: async () => showStatusDialog(await status.refresh(), trans)
    });

    const notify = () => commands.notifyCommandChanged();
    status.changed.connect(notify);
    stores.currentChanged.connect(notify);

    const category = trans.__('Colophon');
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category });
    }
  }
};
