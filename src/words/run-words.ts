/** A run in words: what ran, how it ended, how long it took. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { HistoryDetails, RunQuestion } from '../../agent/core/views/history-entry.js';
import { actorName } from './actors.js';
import type { EntryDetail } from './entry.js';
import type { EntryWords } from './entry-words.js';
import { firstLine, textDetail } from './phrases.js';
import { durationWords } from './time.js';

type RunDetails = Extract<HistoryDetails, { kind: 'run' }>;

/** @param cells The cell in words. */
export function runWords(run: RunDetails, cells: string, trans: TranslationBundle): EntryWords {
  const { words, ...look } = phaseWords(run, cells, trans);
  const failure = run.error === null ? null : errorWords(run.error);
  return {
    kind: 'run',
    ...look,
    ...(run.finishedAt !== null && { executionId: run.executionId }),
    sentence: words,
    preview: failure ?? run.reason ?? firstLine(run.source ?? ''),
    details: [
      ...(failure === null ? [] : [plain(trans.__('Error'), failure)]),
      ...(run.reason === null ? [] : [plain(trans.__('Reason'), run.reason)]),
      ...(run.source === null ? [] : [textDetail(trans.__('What ran'), run.source, 'code', trans)]),
      ...run.questions.map(question => questionDetail(question, trans)),
      ...timeDetails(run, trans)
    ]
  };
}

function questionDetail({ prompt, answer }: RunQuestion, trans: TranslationBundle): EntryDetail {
  if (answer === null) {
    return plain(trans.__('Asked'), prompt);
  }
  const by = actorName(answer.by, trans);
  const said =
    answer.value === null
      ? trans.__('%1 answered with a password', by)
      : trans.__('%1 answered: %2', by, answer.value);
  return plain(trans.__('Asked'), `${prompt} — ${said}`);
}

function errorWords({ ename, evalue }: { ename: string; evalue: string }): string {
  return evalue === '' ? ename : `${ename}: ${evalue}`;
}

function plain(label: string, text: string): EntryDetail {
  return { label, text, look: 'words' };
}

function timeDetails(run: RunDetails, trans: TranslationBundle): EntryDetail[] {
  const time = (at: string) => new Date(at).toLocaleTimeString();
  const parts = [
    ...(run.startedAt === null ? [] : [trans.__('started at %1', time(run.startedAt))]),
    ...(run.finishedAt === null ? [] : [trans.__('ended at %1', time(run.finishedAt))]),
    ...(run.executionCount === null ? [] : [trans.__('prompt [%1]', run.executionCount)])
  ];
  return parts.length === 0 ? [] : [plain(trans.__('When'), parts.join(' · '))];
}

function phaseWords(
  { milliseconds, phase, questions }: RunDetails,
  cells: string,
  trans: TranslationBundle
): Pick<EntryWords, 'icon' | 'tone'> & { readonly words: string } {
  const ran = (outcome: string) =>
    [
      trans.__('ran %1', cells),
      outcome,
      ...(milliseconds === null ? [] : [durationWords(milliseconds, trans)])
    ].join(' · ');
  switch (phase) {
    case 'requested':
    case 'assigned':
      return { words: trans.__('asked to run %1 · waits', cells), icon: 'run', tone: 'busy' };
    case 'running':
      return {
        words: questions.some(({ answer }) => answer === null)
          ? trans.__('runs %1 · waits for input', cells)
          : trans.__('runs %1', cells),
        icon: 'run',
        tone: 'busy'
      };
    case 'ok':
      return { words: ran(trans.__('ok')), icon: 'run', tone: 'normal' };
    case 'error':
      return { words: ran(trans.__('error')), icon: 'error', tone: 'problem' };
    case 'interrupted':
      return { words: ran(trans.__('interrupted')), icon: 'stop', tone: 'problem' };
    case 'cancelled':
      return {
        words: trans.__('asked to run %1 · cancelled', cells),
        icon: 'stop',
        tone: 'quiet'
      };
  }
}
