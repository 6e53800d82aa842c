/** What kernel, agent and host use, in words for the menu of the status bar. Pure. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Resources } from '../../client/resources.js';
import { byteWords } from '../../words/sizes.js';

/** One answer of the server, and when it came, in ms. */
export interface ResourceSample {
  readonly at: number;
  readonly resources: Resources;
}

/** Whose use a line tells. */
export type ResourceUser = 'kernel' | 'agent' | 'host';
export const RESOURCE_USERS: readonly ResourceUser[] = ['kernel', 'agent', 'host'];

/**
 * As `Kernel: 230 MB of 2 GB, 12 % of a processor`. Processor use is known from the second sample on;
 * without a sample the line says that the server was asked, or did not answer.
 */
export function resourceWords(
  user: ResourceUser,
  samples: readonly ResourceSample[],
  failed: boolean,
  trans: TranslationBundle
): string {
  const name = nameOf(user, trans);
  const now = samples.at(-1);
  if (now === undefined) {
    return failed ? trans.__('%1: no answer', name) : trans.__('%1: …', name);
  }
  const use = now.resources[user];
  if (use === null) {
    return user === 'kernel'
      ? trans.__('%1: none on this machine', name)
      : trans.__('%1: not running', name);
  }
  const allowed = user === 'kernel' ? now.resources.limits.memoryBytes : undefined;
  const used = byteWords(use.memoryBytes);
  const memory = allowed === undefined ? used : trans.__('%1 of %2', used, byteWords(allowed));
  const before = samples.at(-2);
  const earlier = before?.resources[user];
  // A process that was replaced begins at nothing again.
  if (before === undefined || earlier == null || earlier.cpuSeconds > use.cpuSeconds) {
    return trans.__('%1: %2', name, memory);
  }
  const share = (use.cpuSeconds - earlier.cpuSeconds) / ((now.at - before.at) / 1000);
  return trans.__('%1: %2, %3 % of a processor', name, memory, Math.round(share * 100));
}

function nameOf(user: ResourceUser, trans: TranslationBundle): string {
  switch (user) {
    case 'kernel':
      return trans.__('Kernel');
    case 'agent':
      return trans.__('Agent');
    case 'host':
      return trans.__('All of Colophon');
  }
}
