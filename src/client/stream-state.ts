/** What is true of a stream now, as the host tells it; see docs/PROTOCOL.md. */
import type { ActorIdentity, FactOf, FactType, StreamPath } from '../../schema/index.js';

/** Since when something of a stream stands, in ISO 8601, and who said so. */
interface Standing {
  readonly configuredAt: string;
  readonly configuredBy: ActorIdentity;
}

/** A stream reduced to what is true of it now; see docs/PROTOCOL.md. Times are ISO 8601. */
export interface StreamState {
  readonly streamPath: StreamPath;
  /** Offset of its last event. */
  readonly eventCount: number;
  /** Null if nothing has happened in it, but below it. */
  readonly createdAt: string | null;
  readonly childPaths: readonly StreamPath[];
  readonly paused: { readonly reason?: string; readonly at: string } | null;
  /** When it was closed for ever. */
  readonly closed: string | null;
  readonly limit: { readonly events: number; readonly seconds: number };
  /** Username; null: nobody's, or a notebook's. */
  readonly owner: string | null;
  readonly access: 'notebook' | 'private' | 'public-read' | 'public-write';
  readonly granted: readonly { readonly username: string; readonly may: 'read' | 'write' }[];
  /** Null: everything is kept. */
  readonly retention: { readonly days: number | null; readonly events: number | null } | null;
  /** `next`: null if it fires no more. */
  readonly schedules: readonly (DataOf<'schedule.configured'> &
    Standing & { readonly next: string | null })[];
  readonly transformers: readonly (DataOf<'transformer.configured'> & Standing)[];
  /** `parked`: null while it is sent to. */
  readonly subscriptions: readonly (DataOf<'subscription.configured'> &
    Standing & { readonly parked: DataOf<'subscription.parked'> | null })[];
}

type DataOf<T extends FactType> = FactOf<T>['data'];
