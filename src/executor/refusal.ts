/** What to tell a person whose cells were not run. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { reasonOf } from '../../agent/core/explain.js';
import { RefusedError, UnreachableError } from '../client/problem.js';

/** @param count Cells of the gesture; at least 1. */
export function refusalWords(
  reason: unknown,
  count: number,
  trans: TranslationBundle
): { readonly title: string; readonly detail: string } {
  const title = trans._n('The cell was not run.', '%1 cells were not run.', count, count);
  if (reason instanceof RefusedError) {
    return { title, detail: reason.detail };
  }
  if (reason instanceof UnreachableError) {
    return {
      title,
      detail: trans.__(
        'Colophon did not answer (%1). Nothing is lost: try again in a moment.',
        reason.message
      )
    };
  }
  return { title, detail: reasonOf(reason) };
}
