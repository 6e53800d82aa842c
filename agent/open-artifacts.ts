/** Where the host keeps output that is too large for documents: part of the composition root. */
import { ArtifactFiles } from './artifacts/artifact-files.js';
import { NotebookLinks } from './artifacts/notebook-links.js';
import { systemClock } from './clock.js';
import { reasonOf } from './core/explain.js';
import type { LoopContext } from './loop/loop.js';
import type { Hello, ServerPipe } from './tap/pipe.js';

/** Without a place for it everything else works, and output stays in the documents; that is told. */
export function openArtifacts(
  { dataDir, notebooksDir, settings }: Hello,
  server: Pick<ServerPipe, 'tell'>,
  isJournalNew: boolean
): Pick<LoopContext, 'artifacts'> {
  try {
    const store = new ArtifactFiles({ dataDir, now: () => systemClock.now(), isJournalNew });
    const files = notebooksDir == null ? {} : { files: new NotebookLinks(notebooksDir) };
    return { artifacts: { store, graceDays: settings.artifactGraceDays, ...files } };
  } catch (error) {
    const reason = reasonOf(error);
    const message = `Large output stays in the notebooks: the folder of artifacts cannot be used. ${reason}`;
    server.tell({ type: 'notice', level: 'error', code: 'artifacts-unusable', message });
    return {};
  }
}
