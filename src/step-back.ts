/**
 * When another extension already runs cells on the server, Colophon leaves that to it. The server
 * extension finds out and writes it into the page config, so that it is known before any plugin is
 * registered: two providers of one token would break JupyterLab's start.
 */
import { PageConfig } from '@jupyterlab/coreutils';

/**
 * The extension that Colophon leaves running cells to; null if there is none.
 * @param option The page config's `colophon`: JSON `{"stepBack": "<extension>" | null}`, or empty.
 */
export function stepBackFor(option: string = PageConfig.getOption('colophon')): string | null {
  if (option === '') {
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(option);
  } catch {
    return null; // Not ours, or damaged: then nobody has told us to step back.
  }
  const extension = (value as { stepBack?: unknown } | null)?.stepBack;
  return typeof extension === 'string' && extension !== '' ? extension : null;
}
