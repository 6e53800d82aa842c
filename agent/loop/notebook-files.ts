/**
 * Whether a notebook's file is where the people of this server get at it. Asked of the server, and
 * trusted for a moment when it is there, so that a reader of many events asks once.
 */
import { fileIdOf } from '../../schema/index.js';
import type { FileId, StreamPath } from '../../schema/index.js';
import { notebookOf } from '../core/stream/access.js';
import type { Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';

export interface NotebookFilesContext {
  readonly journal: Pick<Journal, 'next'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Where a file is for the people of this server; null: it is not there. Absent: there are no files. */
  readonly pathOf?: (fileId: FileId) => Promise<string | null>;
}

/** A file that was there is asked for again after so long. */
const TRUSTED_MS = 2_000;

export class NotebookFiles {
  readonly #context: NotebookFilesContext;
  readonly #asked = new Map<
    FileId,
    { readonly until: number; readonly path: Promise<string | null> }
  >();

  constructor(context: NotebookFilesContext) {
    this.#context = context;
  }

  /** True also for what is no notebook's, and for a notebook of which nothing is recorded. */
  async has(stream: StreamPath): Promise<boolean> {
    const { clock, journal, pathOf } = this.#context;
    const notebook = notebookOf(stream);
    const fileId = notebook && fileIdOf(notebook);
    if (pathOf === undefined || notebook === undefined || fileId === undefined) {
      return true;
    }
    if (journal.next(notebook) === 1) {
      return true;
    }
    const now = clock.now();
    const known = this.#asked.get(fileId);
    if (known !== undefined && now < known.until) {
      return (await known.path.catch(() => null)) !== null;
    }
    const path = pathOf(fileId);
    this.#asked.set(fileId, { until: now + TRUSTED_MS, path });
    const found = await path.catch(() => null);
    if (found === null) {
      this.#asked.delete(fileId);
    }
    return found !== null;
  }
}
