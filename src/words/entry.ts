/** An entry of the history as the panel shows it: words are found, times are still numbers. */
import type { Actor, ActorIdentity, Assurance, CellId, ExecutionId } from '../../schema/index.js';

/** What an entry is about; also the filter's choices. */
export const ENTRY_KINDS = ['edit', 'run', 'cell', 'output', 'notebook', 'agent'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** A block below an expanded entry. removed and added are shown as in a comparison. */
export interface EntryDetail {
  readonly label: string;
  readonly text: string;
  readonly look: 'code' | 'added' | 'removed' | 'words';
}

/** Something that a person reads as one. */
export interface ShownEntry {
  /** Stays the same while the entry grows. */
  readonly key: string;
  readonly kind: EntryKind;
  /** Done by Jupyter or Colophon as a matter of course, e.g. a save: nobody's deed. */
  readonly routine: boolean;
  /** How it looks: quiet for what the system did by itself. */
  readonly tone: 'normal' | 'quiet' | 'busy' | 'problem';
  readonly icon: EntryIcon;
  readonly actor: Actor;
  readonly assurance: Assurance;
  /** When it happened last, in ms since the epoch. */
  readonly at: number;
  /** The cells that it is about, each once; none if it is about the notebook. */
  readonly cellIds: readonly CellId[];
  /** "edited cell 3": goes on after the actor's name. */
  readonly sentence: string;
  /** One line of what it is about: the text, the code. Empty if there is nothing to show. */
  readonly preview: string;
  readonly details: readonly EntryDetail[];
  /** Of a run: its record tells more. */
  readonly executionId?: ExecutionId;
}

/** The little picture of what was done. */
export type EntryIcon =
  | 'edit'
  | 'run'
  | 'error'
  | 'stop'
  | 'add'
  | 'delete'
  | 'move'
  | 'convert'
  | 'output'
  | 'clear'
  | 'open'
  | 'save'
  | 'rename'
  | 'settings'
  | 'agent'
  | 'kernel';

/** What to show: one kind, all but routine, or all. */
export type KindChoice = EntryKind | 'deeds' | 'everything';

/** Which entries to show; an absent choice means all. */
export interface EntryFilter {
  readonly actor?: string;
  readonly kind?: KindChoice;
  readonly cellId?: CellId;
}

/** The person or program that a filter by actor means: for whom it was done counts as well. */
export function actorsOf(entry: Pick<ShownEntry, 'actor'>): ActorIdentity[] {
  const { actor } = entry;
  return actor.onBehalfOf === undefined ? [actor] : [actor, actor.onBehalfOf];
}
