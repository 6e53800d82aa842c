/**
 * Idempotent producers: which numbered batch of which epoch a stream takes, and which it has. Used
 * inside the transaction of the append, so that the answer and the bytes are durable together.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Refused, refuse } from './refusal.js';

/** A numbered batch of a producer, as its headers name it. */
export interface ProducerBatch {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** The batch that the headers name; undefined without any of them. Refuses some or malformed ones. */
export function producerOf(
  id: string | undefined,
  epoch: string | undefined,
  seq: string | undefined
): ProducerBatch | undefined {
  if (id === undefined && epoch === undefined && seq === undefined) {
    return undefined;
  }
  if (id === undefined || id === '' || epoch === undefined || seq === undefined) {
    return refuse(400, 'Send Producer-Id, Producer-Epoch and Producer-Seq together, or none.');
  }
  return { id, epoch: wholeNumber('Producer-Epoch', epoch), seq: wholeNumber('Producer-Seq', seq) };
}

function wholeNumber(name: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value)
    ? value
    : refuse(400, `${name} must be a whole number from 0 to 2^53-1.`);
}

/**
 * Takes the batch, or finds that the stream has it already: then the newest number that it has.
 * Refuses an epoch that is over and a gap in the numbers.
 */
export function admit(
  database: DatabaseSync,
  stream: number,
  batch: ProducerBatch
): { readonly duplicate: boolean; readonly seq: number } {
  const known = stateOf(database, stream, batch);
  if (known !== undefined && batch.epoch === known.epoch && batch.seq <= known.seq) {
    return { duplicate: true, seq: known.seq };
  }
  const fresh = known === undefined || batch.epoch > known.epoch;
  if (fresh && known !== undefined && batch.seq !== 0) {
    refuse(400, 'A new epoch begins with Producer-Seq 0.');
  }
  const expected = fresh ? 0 : known.seq + 1;
  if (batch.seq !== expected) {
    throw new Refused(409, `Batch ${expected} of this producer is missing; send it first.`, {
      'Producer-Expected-Seq': String(expected),
      'Producer-Received-Seq': String(batch.seq)
    });
  }
  database
    .prepare('INSERT OR REPLACE INTO ds_producers VALUES (?, ?, ?, ?)')
    .run(stream, batch.id, batch.epoch, batch.seq);
  return { duplicate: false, seq: batch.seq };
}

/** The newest epoch and number of a producer; refuses a batch of an earlier epoch. */
export function stateOf(
  database: DatabaseSync,
  stream: number,
  batch: ProducerBatch
): { readonly epoch: number; readonly seq: number } | undefined {
  const known = database
    .prepare('SELECT epoch, seq FROM ds_producers WHERE stream = ? AND producer = ?')
    .get(stream, batch.id) as { epoch: number; seq: number } | undefined;
  if (known !== undefined && batch.epoch < known.epoch) {
    refuse(403, 'A newer epoch of this producer has begun; stop, or begin a higher one.', {
      'Producer-Epoch': String(known.epoch)
    });
  }
  return known;
}
