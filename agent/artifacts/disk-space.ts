/** How much of the disk output outside documents may take. */
import { statfs } from 'node:fs/promises';

/** So much stays free for the record. */
const RESERVE_BYTES = 100_000_000;

/** Whether the disk of an existing folder has space for so many bytes more, and for the record. */
export async function hasSpace(folder: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= bytes + RESERVE_BYTES;
}
