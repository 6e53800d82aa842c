/** A file that is read as it was when it was opened, also when it is removed meanwhile. */
import { open, type FileHandle } from 'node:fs/promises';
import type { ArtifactContent } from '../ports/artifacts.js';

export interface OpenFile {
  readonly path: string;
  readonly file: FileHandle;
  readonly size: number;
}

/** Null: there is none, or not any more. Whoever opens it closes it. */
export async function openFile(path: string | undefined): Promise<OpenFile | null> {
  if (path === undefined) {
    return null;
  }
  try {
    const file = await open(path, 'r');
    const { size } = await file.stat();
    return { path, file, size };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** Its bytes for a reader. */
export function contentOf({ file, size }: OpenFile): ArtifactContent {
  return {
    size,
    async *read(start, end) {
      if (end <= start) {
        await file.close();
        return;
      }
      yield* file.createReadStream({ start, end: end - 1, highWaterMark: 1 << 18 });
    },
    close: () => file.close()
  };
}
