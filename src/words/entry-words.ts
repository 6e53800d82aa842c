/** From the history's entries to entries with words. Pure; the places of cells are an input. */
import type { HistoryDetails, HistoryEntry } from '../../agent/core/views/history-entry.js';
import type { CellId, Event } from '../../schema/index.js';
import type { EntryDetail, EntryIcon, EntryKind, ShownEntry } from './entry.js';
import { editWords } from './edit-words.js';
import { streamWords } from './stream-words.js';
import { agentWords, kernelWords } from './machine-words.js';
import { cellsWords, firstLine, textDetail, type WordContext } from './phrases.js';
import { runWords } from './run-words.js';

/** What differs from entry to entry. */
export interface EntryWords {
  readonly kind: EntryKind;
  readonly icon: EntryIcon;
  readonly sentence: string;
  readonly preview?: string;
  readonly details?: readonly EntryDetail[];
  readonly tone?: ShownEntry['tone'];
  readonly routine?: boolean;
  readonly executionId?: ShownEntry['executionId'];
}

/** @param events The entry's own events, for the texts; ascending. */
export function shownEntry(
  entry: HistoryEntry,
  events: readonly Event[],
  context: WordContext
): ShownEntry {
  const words = wordsOf(entry, events, context);
  const quiet = entry.actor.kind === 'system' ? 'quiet' : 'normal';
  return {
    key: entry.key,
    kind: words.kind,
    routine: words.routine ?? false,
    tone: words.tone ?? quiet,
    icon: words.icon,
    actor: entry.actor,
    assurance: entry.assurance,
    at: Date.parse(entry.last.at),
    cellIds: entry.kind === 'opened' ? [] : entry.cellIds,
    sentence: words.sentence,
    preview: words.preview ?? '',
    details: words.details ?? [],
    ...(words.executionId !== undefined && { executionId: words.executionId })
  };
}

function wordsOf(
  { details, cellIds }: HistoryEntry,
  events: readonly Event[],
  context: WordContext
): EntryWords {
  const { trans } = context;
  const cells = cellsWords(cellIds, context);
  switch (details.kind) {
    case 'edited':
      return editWords(events, cells, trans);
    case 'run':
      return runWords(details, cells, trans);
    case 'created':
    case 'deleted':
      return cellWords(details, events, cellIds, context);
    case 'moved':
      return { kind: 'cell', icon: 'move', sentence: trans.__('moved %1', cells) };
    case 'type-changed':
      return {
        kind: 'cell',
        icon: 'convert',
        sentence: trans.__('changed %1 to %2', cells, details.to)
      };
    case 'metadata-changed':
      return {
        kind: cellIds.length === 0 ? 'notebook' : 'cell',
        icon: 'settings',
        routine: isRoutineMetadata(details.keys),
        sentence: trans.__(
          'changed metadata of %1',
          cellIds.length === 0 ? trans.__('the notebook') : cells
        ),
        preview: details.keys.join(', ')
      };
    case 'outputs-changed': {
      const cleared = details.cleared > 0 && details.added === 0;
      return {
        kind: 'output',
        icon: cleared ? 'clear' : 'output',
        sentence: cleared
          ? trans.__('cleared the outputs of %1', cells)
          : trans.__('changed outputs of %1', cells)
      };
    }
    case 'opened':
    case 'renamed':
    case 'saved':
    case 'refused':
      return notebookWords(details, context);
    case 'agent-started':
    case 'agent-stopped':
      return agentWords(details, trans);
    case 'interrupt-requested':
    case 'restart-requested':
    case 'kernel-changed':
    case 'environment':
      return kernelWords(details, trans);
    case 'posted':
    case 'stream-paused':
    case 'stream-resumed':
    case 'stream-limit':
    case 'stream-rule':
    case 'checkpointed':
    case 'redacted':
    case 'artifact':
      return streamWords(details, trans);
  }
}

/** What programs write down by themselves when they know the kernel, or run a cell. */
const ROUTINE_METADATA = new Set([
  'language_info',
  'execution',
  'execution_count',
  'jupyter_server_nbmodel',
  'widgets'
]);

function isRoutineMetadata(keys: readonly string[]): boolean {
  return keys.every(key => ROUTINE_METADATA.has(key));
}

type DetailsOf<Kind extends HistoryDetails['kind']> = Extract<HistoryDetails, { kind: Kind }>;

function cellWords(
  details: DetailsOf<'created' | 'deleted'>,
  events: readonly Event[],
  cellIds: readonly CellId[],
  context: WordContext
): EntryWords {
  const { trans, places } = context;
  const count = cellIds.length;
  const gone = !cellIds.some(cellId => places.has(cellId));
  const added = gone
    ? trans._n('added a cell, deleted since', 'added %1 cells, deleted since', count, count)
    : trans.__('added %1', cellsWords(cellIds, context));
  const created = details.kind === 'created';
  const sources = events.flatMap(event =>
    event.type === 'cell.created' || event.type === 'cell.deleted' ? [event.data.source] : []
  );
  const text = (sources.length > 0 ? sources : [details.source]).join('\n\n');
  return {
    kind: 'cell',
    icon: created ? 'add' : 'delete',
    sentence: created ? added : trans._n('deleted a cell', 'deleted %1 cells', count, count),
    preview: firstLine(text),
    details:
      text.trim() === ''
        ? []
        : [textDetail(trans.__('Text'), text, created ? 'added' : 'removed', trans)]
  };
}

function notebookWords(
  details: DetailsOf<'opened' | 'renamed' | 'saved' | 'refused'>,
  { trans }: WordContext
): EntryWords {
  switch (details.kind) {
    case 'opened': {
      const { changed, created, deleted, path } = details;
      const brought = [
        ...(created > 0 ? [trans._n('%1 new cell', '%1 new cells', created, created)] : []),
        ...(changed > 0 ? [trans._n('%1 change', '%1 changes', changed, changed)] : []),
        ...(deleted > 0 ? [trans._n('%1 cell gone', '%1 cells gone', deleted, deleted)] : [])
      ];
      return {
        kind: 'notebook',
        icon: 'open',
        sentence: trans.__('opened the notebook'),
        preview: [path, ...brought].join(' · '),
        routine: brought.length === 0,
        tone: 'quiet'
      };
    }
    case 'renamed':
      return {
        kind: 'notebook',
        icon: 'rename',
        sentence: trans.__('renamed the notebook'),
        preview: details.from === null ? details.to : `${details.from} → ${details.to}`
      };
    case 'saved':
      return {
        kind: 'notebook',
        icon: 'save',
        routine: true,
        sentence: trans._n(
          'saved the notebook',
          'saved the notebook %1 times',
          details.times,
          details.times
        )
      };
    case 'refused':
      return {
        kind: 'notebook',
        icon: 'stop',
        tone: 'problem',
        sentence: trans.__('was refused (%1)', details.reason),
        preview: details.path
      };
  }
}
