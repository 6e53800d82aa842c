/**
 * What JupyterLab checks before it runs a code cell, with the same dialogs and the same answers, once
 * per gesture instead of once per cell. A page without a kernel joins the notebook's, if it has one.
 */
import type { ISessionContext, ISessionContextDialogs } from '@jupyterlab/apputils';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { joinKernel } from './shown-kernel.js';

/** go: there is a kernel. not-run: the promise of each cell settles with `result`. */
export type SessionCheck =
  | { readonly kind: 'go' }
  | { readonly kind: 'not-run'; readonly result: boolean; readonly clear: boolean };

/** @param trans JupyterLab's own bundle: the words are its own. */
export async function checkSession(
  sessionContext: ISessionContext | undefined,
  sessionDialogs: ISessionContextDialogs | undefined,
  trans: TranslationBundle
): Promise<SessionCheck> {
  if (sessionContext === undefined) {
    return { kind: 'not-run', result: true, clear: true };
  }
  if (sessionContext.isTerminating) {
    await showDialog({
      title: trans.__('Kernel Terminating'),
      body: trans.__(
        'The kernel for %1 appears to be terminating. You can not run any cell for now.',
        sessionContext.session?.path
      ),
      buttons: [Dialog.okButton()]
    });
    return { kind: 'not-run', result: true, clear: true };
  }
  if (sessionContext.pendingInput) {
    await showDialog({
      title: trans.__('Cell not executed due to pending input'),
      body: trans.__(
        'The cell has not been executed to avoid kernel deadlock as there is another pending input! Type your input in the input box, press Enter and try again.'
      ),
      buttons: [Dialog.okButton()]
    });
    return { kind: 'not-run', result: false, clear: false };
  }
  if (sessionContext.hasNoKernel && !(await joinKernel(sessionContext))) {
    const shouldSelect = await sessionContext.startKernel();
    if (shouldSelect && sessionDialogs) {
      await sessionDialogs.selectKernel(sessionContext);
    }
  }
  return sessionContext.hasNoKernel
    ? { kind: 'not-run', result: true, clear: true }
    : { kind: 'go' };
}
