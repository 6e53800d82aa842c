/**
 * Brings names in folders to the disk without holding up anything else. Who asks while a folder is being
 * synced shares the next time with all others who do.
 */
import { open } from 'node:fs/promises';

export class FolderSyncs {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Settles once the names that are in the folder now are on the disk. */
  sync(path: string): Promise<void> {
    const running = this.#running.get(path);
    if (running === undefined) {
      return this.#begin(path);
    }
    let next = this.#next.get(path);
    if (next === undefined) {
      const begin = (): Promise<void> => {
        this.#next.delete(path);
        return this.#begin(path);
      };
      next = running.then(begin, begin);
      this.#next.set(path, next);
    }
    return next;
  }

  #begin(path: string): Promise<void> {
    const syncing = syncOnce(path).finally(() => this.#running.delete(path));
    this.#running.set(path, syncing);
    return syncing;
  }
}

async function syncOnce(path: string): Promise<void> {
  const folder = await open(path, 'r').catch((error: unknown) => {
    if (process.platform === 'win32') {
      // Windows opens no folders, and needs none of it.
      return undefined;
    }
    throw error;
  });
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}
