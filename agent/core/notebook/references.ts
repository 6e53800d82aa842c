/**
 * Which artifacts and uploads a notebook refers to, and which it has let go of: what decides who may
 * read them and when their bytes may go. A pure fold, kept as a cursor of the notebook's stream, so
 * that it is written in one transaction with the facts that it follows from.
 */
import type { Digest, Draft, Event, Json, Timestamp } from '../../../schema/index.js';
import { isRecord } from '../json.js';
import { millisecondsOf } from '../timestamp.js';
import type { NotebookState } from './state.js';

/** How a notebook stands to one artifact or upload. */
export interface Reference {
  /** Since when nothing in the notebook refers to it; null: something does. */
  readonly since: Timestamp | null;
  /** The mirror has seen it in the document. */
  readonly seen: boolean;
  /** It stood there when a run had ended, or while nothing ran. */
  readonly stood: boolean;
}

/** By hash of an artifact, or id of an upload. */
export type References = Readonly<Record<string, Reference>>;

/** The name of the cursor. */
export const REFERENCES_CURSOR = 'artifacts';
export const NO_REFERENCES: References = {};

const AFTER_STORING_MS = 600_000;
const DAY_MS = 86_400_000;
const HASH = /^[0-9a-f]{64}$/;

/** Is it the hash of an artifact, and no upload's id? */
export function isHash(id: string): id is Digest {
  return HASH.test(id);
}

/** The cursor, as it is written. */
export function cursorOf(references: References): Readonly<Record<string, Json>> {
  const entries = Object.entries(references);
  const value = entries.map(
    ([id, { since, seen, stood }]) => [id, { since, seen, stood }] as const
  );
  return { [REFERENCES_CURSOR]: Object.fromEntries(value) };
}

/** What the cursor holds. Nothing for what is not of that form. */
export function readReferences(cursor: Json | undefined): References {
  const entries: [string, unknown][] = isRecord(cursor) ? Object.entries(cursor) : [];
  return Object.fromEntries(
    entries.flatMap(([id, value]) => (isReference(value) ? [[id, value] as const] : []))
  );
}

function isReference(value: unknown): value is Reference {
  const { since, seen, stood } = isRecord(value) ? value : {};
  const isTime = typeof since === 'string' && !Number.isNaN(millisecondsOf(since));
  return (isTime || since === null) && typeof seen === 'boolean' && typeof stood === 'boolean';
}

/**
 * The references after these facts, the same object if they changed nothing. `notebook` is the state
 * after them; `runs`: a run goes on.
 */
export function evolveReferences(
  before: References,
  facts: readonly (Draft | Event)[],
  notebook: NotebookState,
  runs: boolean
): References {
  const last = facts.at(-1);
  const known = Object.keys(before).length > 0;
  if (last === undefined || !facts.some(fact => concerns(fact, known))) {
    return before;
  }
  const settled = !runs || facts.some(fact => fact.type === 'execution.finished');
  const present = presentIn(notebook);
  const after: Record<string, Reference> = { ...before };
  for (const fact of facts) {
    if (fact.type === 'artifact.stored') {
      after[fact.data.hash] ??= { since: fact.at, seen: false, stood: false };
    } else if (fact.type === 'artifact.removed') {
      delete after[fact.data.hash];
    }
  }
  for (const id of present) {
    after[id] = { since: null, seen: true, stood: settled || (before[id]?.stood ?? false) };
  }
  for (const [id, reference] of Object.entries(after)) {
    if (reference.since === null && !present.has(id)) {
      after[id] = { ...reference, since: last.at };
    }
  }
  // What is let go of an upload that nobody was left with.
  for (const [id, { since, stood }] of Object.entries(after)) {
    if (since !== null && !stood && !isHash(id)) {
      delete after[id];
    }
  }
  return sameReferences(before, after) ? before : after;
}

/** Whether bytes may go as far as this notebook is concerned, at `now` in ms since the epoch. */
export function isLetGo(
  { since, seen, stood }: Reference,
  now: number,
  graceDays: number
): boolean {
  if (since === null) {
    return false;
  }
  // A reader may be on the way to what has just been replaced, and a link to what has just been stored.
  const grace = stood ? graceDays * DAY_MS : seen ? 60_000 : AFTER_STORING_MS;
  return now - millisecondsOf(since) >= grace;
}

/** Every hash and upload id in the notebook as it is. */
function presentIn(notebook: NotebookState): ReadonlySet<string> {
  return new Set(
    notebook.cells.flatMap(cell => cell.outputs.flatMap(output => output.artifacts ?? []))
  );
}

/** May the fact change the references? Cheap for notebooks without any. */
function concerns(fact: Draft | Event, known: boolean): boolean {
  switch (fact.type) {
    case 'output.added':
      return known || fact.data.outputs.some(output => output.artifacts !== undefined);
    case 'output.changed':
      return known || fact.data.output.artifacts !== undefined;
    case 'output.cleared':
    case 'cell.deleted':
    case 'cell.created':
    case 'execution.finished':
      return known;
    case 'artifact.stored':
    case 'artifact.removed':
      return true;
    default:
      return false;
  }
}

function sameReferences(a: References, b: References): boolean {
  const ids = Object.keys(a);
  return (
    ids.length === Object.keys(b).length &&
    ids.every(id => {
      const [one, other] = [a[id], b[id]];
      return (
        one?.since === other?.since && one?.seen === other?.seen && one?.stood === other?.stood
      );
    })
  );
}
