/** Where the runtime agent keeps output that is too large for the document. */
import type { ArtifactLink } from '../../schema/index.js';

/** Uploads of one notebook. One request at a time for each upload. */
export interface Uploads {
  /**
   * Cuts the upload to `offset` bytes and appends; it comes into being by itself. Settles when the bytes
   * are on disk. Rejects with UploadRefused.
   */
  append(upload: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Makes an artifact of bytes that are all there, in one request; twice is as once. Rejects with UploadRefused. */
  keep(upload: string, bytes: Uint8Array, mediaType: string): Promise<ArtifactLink>;
  /** Makes an artifact of the upload's first `length` bytes. Twice is as once. Rejects with UploadRefused. */
  commit(upload: string, length: number, mediaType: string): Promise<ArtifactLink>;
}

/** The bytes cannot be kept, or not for so long that nobody should wait; why, for a person. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
}
