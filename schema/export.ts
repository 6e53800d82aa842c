/**
 * The lines of a verifiable export: JSON Lines that `colophon verify` checks without the journal they
 * come from. The first line is the header. An event stands in a line with its record, in the order of
 * `seq`. In an export of the whole journal a checkpoint stands behind the last event that it covers;
 * in one of some streams the newest stands before the events, with a proof for each stream behind it.
 */
import { z } from 'zod';
import { Envelope } from './envelope.js';
import type { Event } from './events/index.js';
import { Digest, StreamPath } from './ids.js';

/** Hexadecimal SHA-256, or nothing: there is no event before the first. */
const Previous = z.union([Digest, z.literal('')]);

/** What the record keeps of one event. Digests are lower-case hexadecimal SHA-256. */
export const EventRecord = z.strictObject({
  /** Place in the journal, over all streams; from 1. */
  seq: z.int().min(1),
  /** 32 hexadecimal digits by chance; null once the payload was erased. */
  salt: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable(),
  payloadHash: Digest,
  /** Leaf of the event before it in its stream. */
  previous: Previous,
  leaf: Digest
});
export type EventRecord = z.infer<typeof EventRecord>;

/** Where a leaf stands in the tree of a checkpoint of this size: RFC 6962 inclusion proof. */
export const RecordProof = z.strictObject({
  stream: StreamPath,
  offset: z.int().min(1),
  seq: z.int().min(1),
  size: z.int().min(1),
  path: z.array(Digest)
});
export type RecordProof = z.infer<typeof RecordProof>;

/** What is left of an event that was taken out: its stream was deleted, or trimmed. */
const RemovedEvent = z.strictObject({
  seq: z.int().min(1),
  stream: StreamPath,
  offset: z.int().min(1),
  leaf: Digest
});

const ExportHeader = z.strictObject({
  colophon: z.literal('export'),
  version: z.literal(1),
  /** The verifier key of the journal in the form of C2SP signed notes. */
  key: z.string(),
  /** The exported streams; null for the whole journal. */
  streams: z.array(StreamPath).nullable(),
  /** `seq` of the last event in the export, 0 if it has none: a file that was cut off shows that. */
  last: z.int().min(0)
});

const EventLine = z.strictObject({
  /** The fact is not checked against the schemas of today: an export outlives them. */
  event: Envelope.extend({
    type: z.string(),
    v: z.int(),
    data: z.unknown()
  }).transform(event => event as unknown as Event),
  record: EventRecord
});

/** One line of an export. */
export const ExportLine = z.union([
  EventLine,
  z.strictObject({ removed: RemovedEvent }),
  z.strictObject({ checkpoint: z.string() }),
  z.strictObject({ proof: RecordProof }),
  ExportHeader
]);
export type ExportLine = z.infer<typeof ExportLine>;

/** Answer of `GET /api/record`: the newest checkpoint, and that it goes on from an earlier one. */
export const RecordHead = z.strictObject({
  colophon: z.literal('checkpoint'),
  version: z.literal(1),
  key: z.string().describe('The verifier key of the journal in the form of C2SP signed notes.'),
  size: z.int().min(0).describe('Events that the newest checkpoint covers.'),
  root: Digest.describe('Root of the RFC 6962 tree over their leaves.'),
  note: z.string().describe('The checkpoint as a signed note: keep it.'),
  from: z
    .int()
    .min(0)
    .describe('Events of the earlier checkpoint that was asked about; 0 for none.'),
  consistency: z
    .array(Digest)
    .describe('RFC 6962 proof that the tree of `size` events begins with that of `from` events.')
});
export type RecordHead = z.infer<typeof RecordHead>;
