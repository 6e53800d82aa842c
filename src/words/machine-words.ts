/** Agent and kernel in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { HistoryDetails } from '../../agent/core/views/history-entry.js';
import type { EntryWords } from './entry-words.js';

type DetailsOf<Kind extends HistoryDetails['kind']> = Extract<HistoryDetails, { kind: Kind }>;

/** The agent came or went. */
export function agentWords(
  details: DetailsOf<'agent-started' | 'agent-stopped'>,
  trans: TranslationBundle
): EntryWords {
  const look = { kind: 'agent', icon: 'agent' } as const;
  if (details.kind === 'agent-started') {
    return {
      ...look,
      tone: 'quiet',
      routine: true,
      sentence:
        details.phase === 'ready'
          ? trans.__('started the agent')
          : trans.__('started the agent · not ready yet')
    };
  }
  const preview = details.reason ?? '';
  switch (details.outcome) {
    case 'requested':
      return { ...look, preview, sentence: trans.__('asked the agent to stop') };
    case 'restarting':
      return { ...look, preview, sentence: trans.__('restarted the agent') };
    case 'stopped':
      return {
        ...look,
        preview,
        tone: 'quiet',
        sentence: trans.__('stopped the agent')
      };
    case 'idle':
      return {
        ...look,
        tone: 'quiet',
        routine: true,
        sentence: trans.__('stopped the agent · nothing to do')
      };
    case 'host-restarted':
      return {
        ...look,
        tone: 'quiet',
        routine: true,
        sentence: trans.__('stopped the agent · Colophon restarted')
      };
    case 'failed':
      return { ...look, preview, tone: 'problem', sentence: trans.__('lost the agent') };
  }
}

/** The kernel was told something, or did something. */
export function kernelWords(
  details: DetailsOf<
    'interrupt-requested' | 'restart-requested' | 'kernel-changed' | 'environment'
  >,
  trans: TranslationBundle
): EntryWords {
  const look = { kind: 'agent', icon: 'kernel' } as const;
  switch (details.kind) {
    case 'interrupt-requested':
      return { ...look, icon: 'stop', sentence: trans.__('interrupted the kernel') };
    case 'restart-requested':
      return { ...look, sentence: trans.__('asked the kernel to restart') };
    case 'environment': {
      const { kernelName, language, languageVersion, packages } = details;
      const parts = [
        [language ?? kernelName, languageVersion ?? ''].join(' ').trim(),
        ...(packages === null ? [] : [trans._n('%1 package', '%1 packages', packages, packages)])
      ];
      return {
        ...look,
        preview: parts.join(' · '),
        tone: 'quiet',
        routine: true,
        sentence: trans.__('noted what the kernel runs in')
      };
    }
    case 'kernel-changed': {
      const preview = details.kernelName ?? '';
      switch (details.change) {
        case 'attached':
          return {
            ...look,
            preview,
            tone: 'quiet',
            routine: true,
            sentence: trans.__('attached to the kernel')
          };
        case 'restarted':
          return { ...look, preview, sentence: trans.__('saw the kernel restart') };
        case 'died':
          return { ...look, preview, tone: 'problem', sentence: trans.__('saw the kernel die') };
        case 'shut-down':
          return { ...look, preview, sentence: trans.__('saw the kernel shut down') };
      }
    }
  }
}
