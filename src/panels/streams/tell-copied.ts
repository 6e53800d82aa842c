/** Says that a command for a shell was copied, and what it lacks. */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

export function tellCopied(trans: TranslationBundle): void {
  Notification.info(trans.__('Copied. Put your token into TOKEN before you run it.'), {
    autoClose: 4_000
  });
}
