/**
 * The digests of uploads as they grow, so that an upload that came piece by piece is not read again when
 * it is complete. Forgotten when there are many, or with the process: then the file is read.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../../schema/index.js';
import type { Sealed } from '../ports/artifacts.js';
import { lineEnds } from './line-ends.js';

const MOST = 64;

interface Growing {
  readonly hash: Hash;
  length: number;
  lines: number;
}

export class UploadDigests {
  readonly #growing = new Map<string, Growing>();

  /** These bytes are in the file now, and nothing is behind them. */
  written(path: string, offset: number, bytes: Uint8Array): void {
    const known =
      offset === 0 ? { hash: createHash('sha256'), length: 0, lines: 0 } : this.#growing.get(path);
    this.#growing.delete(path);
    if (known?.length !== offset) {
      return;
    }
    known.hash.update(bytes);
    known.length += bytes.length;
    known.lines += lineEnds(bytes);
    this.#growing.set(path, known);
    const [oldest] = this.#growing.keys();
    if (this.#growing.size > MOST && oldest !== undefined) {
      this.#growing.delete(oldest);
    }
  }

  /** What the file is sealed as if it has so many bytes; undefined if that is not known. */
  sealed(path: string, length: number): Sealed | undefined {
    const known = this.#growing.get(path);
    return known?.length === length
      ? { hash: known.hash.copy().digest('hex') as Digest, bytes: length, lines: known.lines }
      : undefined;
  }
}
