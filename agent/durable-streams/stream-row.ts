/** A stream as the database holds it: the columns of ds_streams. */

/** Values of `deleted`: hidden, while forks need its bytes; gone with its bytes, while forks name it. */
export const HIDDEN = 1;
export const GONE = 2;

/** A stream as it is stored. */
export interface StreamRow {
  readonly id: number;
  readonly path: string;
  readonly content_type: string;
  readonly ttl: number | null;
  readonly expires_at: string | null;
  /** When it expires, in ms since the epoch; null for never. */
  readonly deadline: number | null;
  readonly closed: number;
  /** JSON of the producer, epoch and number that closed it. */
  readonly closed_by: string | null;
  /** 0, HIDDEN or GONE. */
  readonly deleted: number;
  readonly tail: number;
  readonly last_seq: string | null;
  readonly source: number | null;
  readonly source_path: string | null;
  readonly fork_position: number;
}

/** What a new stream is made of. */
export type NewStream = Pick<
  StreamRow,
  | 'path'
  | 'content_type'
  | 'ttl'
  | 'expires_at'
  | 'deadline'
  | 'tail'
  | 'source'
  | 'source_path'
  | 'fork_position'
>;
