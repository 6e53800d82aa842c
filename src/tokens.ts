/** The token by which the plugins of Colophon share what they know; other extensions may use it too. */
import { Token } from '@lumino/coreutils';
import type { Api } from './client/api.js';
import type { Settings } from './settings.js';
import type { HostStatus } from './store/host-status.js';
import type { NotebookStores } from './store/notebook-stores.js';

/** What the browser knows of Colophon: the host, and the stream of each open notebook. */
export interface IColophon {
  readonly api: Api;
  readonly status: HostStatus;
  readonly stores: NotebookStores;
  readonly settings: Settings;
  /** The extension that Colophon leaves running cells to; null if there is none. */
  readonly stepBack: string | null;
}

export const IColophon = new Token<IColophon>(
  'jupyterlab-colophon:IColophon',
  'Who did what in the open notebooks, and the state of the host that knows it.'
);

/** Namespace of Colophon's translations. */
export const TRANSLATION_DOMAIN = 'jupyterlab_colophon';
