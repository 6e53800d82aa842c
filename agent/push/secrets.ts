/**
 * The secrets that sign what is sent, one for each subscription and person. They are derived from one key of the
 * journal's database, which is made once, so they are in no event and the same after every restart.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { StreamPath } from '../../schema/index.js';
import type { PushSecrets } from '../ports/push.js';

export class DerivedSecrets implements PushSecrets {
  readonly #key: Buffer;

  /** The key of this database; makes one if there is none. */
  constructor(database: DatabaseSync) {
    const row = database.prepare('SELECT key FROM push_key').get();
    this.#key = row === undefined ? randomBytes(32) : Buffer.from(row['key'] as Uint8Array);
    if (row === undefined) {
      database.prepare('INSERT INTO push_key (id, key) VALUES (1, ?)').run(this.#key);
    }
  }

  secretOf(stream: StreamPath, slug: string, holder: string | null): string {
    // Neither a path nor a slug has a space, so that no two of them are the same text.
    const whose = holder === null ? '' : ` ${holder}`;
    const about = `colophon webhook ${stream} ${slug}${whose}`;
    const derived = hkdfSync('sha256', this.#key, '', about, 32);
    return `whsec_${Buffer.from(derived).toString('base64')}`;
  }
}
