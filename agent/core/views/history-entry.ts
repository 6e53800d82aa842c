/** One line of the history, as data; the reader's language makes words of it. */
import type {
  Actor,
  Assurance,
  CellId,
  CellType,
  Event,
  ExecutionId,
  ExecutionOutcome,
  FactOf,
  FactType,
  RunId,
  Timestamp
} from '../../../schema/index.js';

/** What an entry tells, by kind. */
export type HistoryDetails =
  | {
      readonly kind: 'opened';
      readonly path: string;
      /** What the file brought that the journal did not know. */
      readonly created: number;
      readonly changed: number;
      readonly deleted: number;
    }
  | { readonly kind: 'renamed'; readonly from: string | null; readonly to: string }
  | { readonly kind: 'saved'; readonly path: string; readonly times: number }
  /** `inserted`, `deleted`: UTF-16 code units of all splices together. */
  | {
      readonly kind: 'edited';
      readonly inserted: number;
      readonly deleted: number;
      readonly times: number;
    }
  | { readonly kind: 'created'; readonly cellType: CellType; readonly source: string }
  | { readonly kind: 'deleted'; readonly cellType: CellType; readonly source: string }
  | { readonly kind: 'moved' }
  | { readonly kind: 'type-changed'; readonly from: CellType; readonly to: CellType }
  /** Metadata of cells or of the notebook, attachments, prompts. */
  | { readonly kind: 'metadata-changed'; readonly keys: readonly string[] }
  /** Outputs that changed outside of a run, e.g. cleared by a person. */
  | { readonly kind: 'outputs-changed'; readonly cleared: number; readonly added: number }
  | {
      readonly kind: 'run';
      readonly executionId: ExecutionId;
      readonly runId: RunId | null;
      readonly phase: 'requested' | 'assigned' | 'running' | ExecutionOutcome;
      readonly source: string | null;
      readonly executionCount: number | null;
      readonly startedAt: Timestamp | null;
      readonly finishedAt: Timestamp | null;
      /** Null until it ended, and for what never began. */
      readonly milliseconds: number | null;
      readonly reason: string | null;
      /** Its name and the beginning of what it says. */
      readonly error: { readonly ename: string; readonly evalue: string } | null;
      /** Events of outputs that the run set off. */
      readonly outputs: number;
      /** What it asked for, in order. */
      readonly questions: readonly RunQuestion[];
    }
  | { readonly kind: 'agent-started'; readonly phase: 'requested' | 'started' | 'ready' }
  | {
      readonly kind: 'agent-stopped';
      readonly outcome: FactOf<'agent.stopped'>['data']['outcome'] | 'requested' | 'restarting';
      readonly reason: string | null;
    }
  | { readonly kind: 'interrupt-requested' }
  | { readonly kind: 'restart-requested' }
  | {
      readonly kind: 'kernel-changed';
      readonly change: FactOf<'kernel.changed'>['data']['change'];
      readonly kernelName: string | null;
    }
  | {
      /** `packages`: how many; null if that is not known, or was told before. */
      readonly kind: 'environment';
      readonly kernelName: string;
      readonly language: string | null;
      readonly languageVersion: string | null;
      readonly packages: number | null;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly path: string }
  | { readonly kind: 'posted'; readonly type: string }
  | { readonly kind: 'stream-paused' | 'stream-resumed'; readonly reason: string | null }
  | { readonly kind: 'stream-limit'; readonly events: number; readonly seconds: number }
  | {
      /** Who may use the stream, or what it does by itself; `subject` is a username or a slug. */
      readonly kind: 'stream-rule';
      readonly rule: StreamRule;
      readonly subject: string;
    }
  | { readonly kind: 'checkpointed'; readonly size: number }
  | { readonly kind: 'redacted'; readonly offset: number; readonly reason: string }
  /** Output beside the document; `bytes` null: it is gone. */
  | { readonly kind: 'artifact'; readonly mediaType: string | null; readonly bytes: number | null };

/** A question of a run and its answer. */
export interface RunQuestion {
  readonly requestId: string;
  readonly prompt: string;
  /** Null until somebody answers; `value` is null for a password. */
  readonly answer: { readonly by: Actor; readonly value: string | null } | null;
}

/** Facts about access and reactions. */
export type StreamRule = Extract<
  FactType,
  | 'stream.closed'
  | 'stream.retention-configured'
  | 'stream.trimmed'
  | 'stream.deleted'
  | 'stream.made-public'
  | 'stream.made-private'
  | `access.${string}`
  | `schedule.${string}`
  | `subscription.${string}`
  | `transformer.${string}`
>;

/** The kinds of entries. */
export type HistoryKind = HistoryDetails['kind'];

/** A place in the stream. */
export interface HistoryPoint {
  readonly offset: number;
  readonly at: Timestamp;
}

/** One entry: one or more events of one author that belong together. */
export interface HistoryEntry {
  /** Stable while the entry grows at its end. */
  readonly key: string;
  readonly kind: HistoryKind;
  readonly actor: Actor;
  readonly onBehalfOf: Actor['onBehalfOf'] | null;
  readonly assurance: Assurance;
  /** In the order of the events, each once. */
  readonly cellIds: readonly CellId[];
  readonly first: HistoryPoint;
  readonly last: HistoryPoint;
  /** How many events it stands for. */
  readonly events: number;
  readonly details: HistoryDetails;
}

/** An entry of one event. */
export function entryOf(event: Event, details: HistoryDetails, key?: string): HistoryEntry {
  const point = { offset: event.offset, at: event.at };
  return {
    key: key ?? `${details.kind}:${event.id}`,
    kind: details.kind,
    actor: event.actor,
    onBehalfOf: event.actor.onBehalfOf ?? null,
    assurance: event.assurance,
    cellIds: cellIdsOf(event),
    first: point,
    last: point,
    events: 1,
    details
  };
}

/** The entry with one more event. */
export function grown(entry: HistoryEntry, event: Event, details: HistoryDetails): HistoryEntry {
  const more = cellIdsOf(event).filter(cellId => !entry.cellIds.includes(cellId));
  return {
    ...entry,
    cellIds: more.length === 0 ? entry.cellIds : [...entry.cellIds, ...more],
    last: { offset: event.offset, at: event.at },
    events: entry.events + 1,
    details
  };
}

function cellIdsOf(event: Event): CellId[] {
  return 'cellId' in event.data ? [event.data.cellId] : [];
}
