/** What a door (HTTP, MCP, CLI, an assistant's tool) may ask of the host. Doors know nothing else of it. */
import { z } from 'zod';
import { StreamPath } from '../../schema/index.js';
import type { Command, Event, ExecutionId, Json, Rejection } from '../../schema/index.js';
import { RIGHTS } from '../core/stream/access.js';
import type { CellsView } from '../core/views/cells.js';
import type { WholeRecord } from '../core/views/execution-record.js';
import type { RuntimeView } from '../core/views/runtime.js';
import type { Journal, StreamSummary } from '../ports/host.js';
import type { Artifacts } from './artifacts.js';
import type { Streams } from './streams.js';

export { JournalUnreachable } from '../ports/host.js';

/** The authenticated person at the door, as Jupyter Server knows them. */
export const Principal = z.object({
  username: z.string().min(1).max(256),
  name: z.string().max(256).nullish(),
  color: z.string().max(64).nullish(),
  /** What the server lets them do. */
  may: z.array(z.enum(RIGHTS)).max(RIGHTS.length),
  /** It is the runtime of this notebook, by its token, and no person. */
  runtime: StreamPath.optional()
});
export type Principal = z.infer<typeof Principal>;

/** The answer to a command: the events that it led to, durable; or the refusal. */
export type Answer = { readonly events: readonly Event[] } | { readonly rejection: Rejection };

/** The stored event, durable; or the refusal. */
export type PostAnswer = { readonly event: Event } | { readonly rejection: Rejection };

/** The notebook at an offset as nbformat JSON, or why it cannot be rebuilt. */
export type DocumentAnswer = { readonly notebook: Json } | { readonly rejection: Rejection };

/** A stream in a list, for one reader. */
export interface VisibleStream extends StreamSummary {
  /** Username; null: nobody's, or a notebook's. */
  readonly owner: string | null;
  /** `notebook`: as the notebook; the rest: what people may who own nothing of it and were granted nothing. */
  readonly access: 'notebook' | 'private' | 'public-read' | 'public-write';
}

/** How a stream is deleted. */
export interface Deletion {
  /** Those below it, too. */
  readonly children: boolean;
  /** The path once more, where the stream is a notebook's. */
  readonly confirm?: string;
}

/** The streams that are gone, durable; or the refusal. */
export type DeletionAnswer =
  { readonly removed: readonly StreamPath[] } | { readonly rejection: Rejection };

export interface AgentHealth {
  readonly stream: StreamPath;
  readonly epoch: number;
  readonly pid: number;
}

export interface Door {
  /** Does a command once; the same id again gives the same answer. Commands of one principal keep their order. */
  submit(command: Command, principal: Principal): Promise<Answer>;
  /** All that may be done with any stream. */
  readonly streams: Omit<Streams, 'start' | 'stop' | 'admit' | 'discard'>;
  /** Durable events. */
  readonly journal: Pick<Journal, 'read' | 'head' | 'subscribe' | 'streams' | 'health'>;
  /** The views of a notebook at a durable offset; undefined for a stream that is no notebook's. */
  cells(stream: StreamPath): CellsView | undefined;
  runtime(stream: StreamPath): (RuntimeView & { readonly offset: number }) | undefined;
  document(stream: StreamPath, offset: number): DocumentAnswer;
  /** Output beside documents; null where nothing is kept. */
  readonly artifacts: Omit<
    Artifacts,
    'start' | 'stop' | 'referred' | 'forget' | 'linkCheck'
  > | null;
  /** Undefined if nobody asked for such a run in this stream. */
  execution(stream: StreamPath, executionId: ExecutionId): WholeRecord | undefined;
  agents(): readonly AgentHealth[];
}
