/** The commands of Colophon in JupyterLab. */

export namespace CommandIDs {
  export const openHistory = 'colophon:open-history';
  export const showCellHistory = 'colophon:show-cell-history';
  export const openStreams = 'colophon:open-streams';
  export const startAgent = 'colophon:start-agent';
  export const stopAgent = 'colophon:stop-agent';
  export const restartAgent = 'colophon:restart-agent';
  export const interrupt = 'colophon:interrupt';
  export const cancelWaiting = 'colophon:cancel-waiting';
  export const showStatus = 'colophon:show-status';
  export const startHost = 'colophon:start-host';
  export const downloadWhole = 'colophon:download-whole-notebook';
}

/** For JupyterLab: a command that takes no arguments. */
export const WITHOUT_ARGUMENTS = { args: { type: 'object', properties: {} } } as const;
