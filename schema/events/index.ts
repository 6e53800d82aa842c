/** The union of all facts. A shipped event never changes: add a version, an upcast and a fixture. */
import { z } from 'zod';
import { Envelope } from '../envelope.js';
import * as access from './access.js';
import * as agent from './agent.js';
import * as artifact from './artifact.js';
import * as cell from './cell.js';
import * as environment from './environment.js';
import * as execution from './execution.js';
import * as notebook from './notebook.js';
import * as output from './output.js';
import * as reaction from './reaction.js';
import * as record from './record.js';
import * as request from './request.js';
import * as stream from './stream.js';

/** Facts about streams and what is posted to them: of a notebook and its runs they say nothing. */
const STREAM_FACTS = [
  request.RequestRefused,
  stream.EventPosted,
  stream.EventImported,
  stream.StreamPaused,
  stream.StreamResumed,
  stream.StreamLimitConfigured,
  stream.MessageAppended,
  stream.StreamClosed,
  stream.StreamRetentionConfigured,
  stream.StreamTrimmed,
  access.StreamMadePublic,
  access.StreamMadePrivate,
  access.AccessGranted,
  access.AccessRevoked,
  access.StreamDeleted,
  reaction.ScheduleConfigured,
  reaction.ScheduleCancelled,
  reaction.ScheduleFired,
  reaction.SubscriptionConfigured,
  reaction.SubscriptionRemoved,
  reaction.SubscriptionParked,
  reaction.SubscriptionResumed,
  reaction.TransformerConfigured,
  reaction.TransformerRemoved,
  reaction.TransformerFailed,
  record.RecordCheckpointed,
  record.RecordRedacted,
  artifact.ArtifactStored,
  artifact.ArtifactRemoved
] as const;

/** The fact itself, without envelope. */
export const Fact = z.discriminatedUnion('type', [
  notebook.NotebookOpened,
  notebook.NotebookRenamed,
  notebook.NotebookMetadataChanged,
  notebook.NotebookSaved,
  cell.CellCreated,
  cell.CellDeleted,
  cell.CellMoved,
  cell.CellSourceChanged,
  cell.CellTypeChanged,
  cell.CellMetadataChanged,
  cell.CellAttachmentsChanged,
  cell.CellCountChanged,
  output.OutputAdded,
  output.OutputChanged,
  output.OutputCleared,
  execution.ExecutionRequested,
  execution.ExecutionAssigned,
  execution.ExecutionStarted,
  execution.ExecutionInputRequested,
  execution.ExecutionInputAnswered,
  execution.ExecutionLimitReached,
  execution.ExecutionFinished,
  agent.AgentStartRequested,
  agent.AgentStarted,
  agent.AgentReady,
  agent.AgentStopRequested,
  agent.AgentStopped,
  agent.KernelInterruptRequested,
  agent.KernelRestartRequested,
  agent.KernelChanged,
  environment.EnvironmentRecorded,
  ...STREAM_FACTS
]);
export type Fact = z.infer<typeof Fact>;
export type FactType = Fact['type'];
/** The fact of one type. */
export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;

type StreamFactType = z.infer<(typeof STREAM_FACTS)[number]>['type'];
const STREAM_TYPES: ReadonlySet<FactType> = new Set(
  STREAM_FACTS.map(({ shape }) => shape.type.value)
);

/** Whether it says nothing of a notebook and its runs, so that their folds pass it over. */
export function isStreamFact<T extends { readonly type: FactType }>(
  fact: T
): fact is Extract<T, { readonly type: StreamFactType }> {
  return STREAM_TYPES.has(fact.type);
}

/** What a rule of retention may let go: nothing is folded from it. */
export const KEPT_FOR_A_TIME = [
  'event.posted',
  'schedule.fired',
  'transformer.failed'
] as const satisfies readonly FactType[];

/** Facts about a stream that anybody who may write to it states by posting them. */
export const POSTABLE_FACTS = [
  stream.StreamPaused,
  stream.StreamResumed,
  stream.StreamLimitConfigured,
  stream.StreamRetentionConfigured,
  access.StreamMadePublic,
  access.StreamMadePrivate,
  access.AccessGranted,
  access.AccessRevoked,
  reaction.ScheduleConfigured,
  reaction.ScheduleCancelled,
  reaction.SubscriptionConfigured,
  reaction.SubscriptionRemoved,
  reaction.SubscriptionResumed,
  reaction.TransformerConfigured,
  reaction.TransformerRemoved
] as const;

/** Facts that the state of a stream itself is folded from: few, and found without reading the stream. */
export const CONTROL_TYPES: ReadonlySet<FactType> = new Set<FactType>([
  ...POSTABLE_FACTS.map(({ shape }) => shape.type.value),
  'subscription.parked',
  'stream.closed'
]);

/** A fact in its stream: what the journal stores and every reader gets. */
export const Event = z.intersection(Envelope, Fact);
export type Event = Envelope & Fact;
export type EventOf<T extends FactType> = Envelope & FactOf<T>;

/** A fact on its way into the journal, which adds stream, offset and, if it has none, its id. */
export type Draft = Fact &
  Omit<Envelope, 'id' | 'stream' | 'offset' | 'redacted'> &
  Partial<Pick<Envelope, 'id'>>;
