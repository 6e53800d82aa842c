/** The pictures of the history, all of JupyterLab's own set. */
import {
  addIcon,
  clearIcon,
  codeIcon,
  deleteIcon,
  editIcon,
  errorIcon,
  fileIcon,
  kernelIcon,
  type LabIcon,
  launcherIcon,
  listIcon,
  moveDownIcon,
  notebookIcon,
  runIcon,
  saveIcon,
  settingsIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { EntryIcon } from '../../words/entry.js';

/** The picture for each kind of deed. */
export const ENTRY_ICONS: Readonly<Record<EntryIcon, LabIcon>> = {
  edit: editIcon,
  run: runIcon,
  error: errorIcon,
  stop: stopIcon,
  add: addIcon,
  delete: deleteIcon,
  move: moveDownIcon,
  convert: codeIcon,
  output: listIcon,
  clear: clearIcon,
  open: notebookIcon,
  save: saveIcon,
  rename: fileIcon,
  settings: settingsIcon,
  agent: launcherIcon,
  kernel: kernelIcon
};
