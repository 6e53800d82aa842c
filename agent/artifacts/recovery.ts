/**
 * The files of artifacts after a kill. `<ab>/<hash>` stays until it is removed. `<ab>/<hash>.new` is there,
 * but its event was not known to be durable: the references tell which of the two it is to become. What
 * has its name and no reference comes from an earlier journal, or the journal is an older copy: it is kept.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../schema/index.js';
import type { ArtifactPlaces } from './artifact-places.js';

/** Puts the files in order; gives those that nothing refers to and that stay all the same. */
export function recoverFiles(
  places: ArtifactPlaces,
  isReferred: (hash: Digest) => boolean
): Digest[] {
  const unknown: Digest[] = [];
  for (const { folder, name, hash, endings } of places.files()) {
    const path = join(folder, name);
    if (hash === undefined || endings.includes('copy')) {
      rmSync(path, { force: true });
    } else if (endings.includes('new')) {
      if (isReferred(hash)) {
        renameSync(path, join(folder, hash));
      } else {
        rmSync(path, { force: true });
      }
    } else if (!isReferred(hash)) {
      unknown.push(hash);
    }
  }
  for (const name of readdirSync(places.uploads)) {
    if (name.endsWith('.copy')) {
      rmSync(join(places.uploads, name), { force: true });
    }
  }
  return unknown;
}
