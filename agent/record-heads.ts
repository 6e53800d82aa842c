/** What anybody may know of a journal's record: the newest checkpoint, and that it only grew. */
import { DatabaseSync } from 'node:sqlite';
import type { Digest, RecordHead } from '../schema/index.js';
import { newestCheckpoint } from './journal/record-ends.js';
import { recordKey } from './journal/record-key.js';
import { consistencyProof } from './journal/record-proofs.js';
import type { Headless, RecordReader } from './ports/record.js';
import { noteReader, noteSigner } from './record/notes.js';

/** So many answers are on their way at the same time. */
const AT_ONCE = 8;

export class RecordHeads implements Pick<RecordReader, 'head'> {
  readonly #path: string;
  #waiting = 0;
  /** One proof after the other: each reads all leaves. */
  #last: Promise<unknown> = Promise.resolve();

  /** `path` is that of the journal's database. */
  constructor(path: string) {
    this.#path = path;
  }

  async head(from: number): Promise<RecordHead | Headless> {
    if (this.#waiting >= AT_ONCE) {
      return { busy: AT_ONCE };
    }
    this.#waiting += 1;
    const next = this.#last.then(() => this.#read(from));
    this.#last = next.catch(() => undefined);
    return next.finally(() => (this.#waiting -= 1));
  }

  async #read(from: number): Promise<RecordHead | Headless> {
    const database = new DatabaseSync(this.#path, { readOnly: true });
    try {
      const signing = recordKey(database);
      const newest = newestCheckpoint(database);
      if (signing === undefined || newest === undefined) {
        return { signed: 0 };
      }
      const { key } = noteSigner(signing);
      const read = noteReader(key)(newest.note);
      const [size, root] = 'size' in read ? [read.size, read.root] : [0, ''];
      if (from > size || size === 0) {
        return { signed: size };
      }
      const consistency =
        from === 0 ? [] : ((await consistencyProof(database, from, size)) as Digest[]);
      return {
        ...{ colophon: 'checkpoint', version: 1, key, note: newest.note },
        ...{ size, root: root as Digest, from, consistency }
      };
    } finally {
      database.close();
    }
  }
}
