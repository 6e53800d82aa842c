/**
 * The folder of artifacts: what outlives a host, and the store that one host has of it, by the rules of
 * agent/artifacts. Between any two steps of a request the host may be killed, or its disk be full.
 * Nobody reads what is stored here.
 */
import { noSpace } from '../../agent/artifacts/disk-refusal.js';
import { Turns } from '../../agent/artifacts/turns.js';
import { sealOf } from '../../agent/artifacts/whole-file.js';
import { isHash } from '../../agent/core/notebook/references.js';
import type {
  ArtifactName,
  ArtifactStore,
  Sealed,
  UploadName
} from '../../agent/ports/artifacts.js';
import type { Digest, Rejection } from '../../schema/index.js';
import type { Life } from './life.js';
import type { Machine } from './machine.js';

type Refused = { readonly rejection: Rejection };

const IDLE_UPLOAD_MS = 3_600_000;

/** What is on the disk. */
export class StoredBytes {
  readonly uploads = new Map<string, { readonly bytes: Buffer; readonly at: number }>();
  readonly artifacts = new Map<string, Buffer>();
  /** Put in their place, and not yet known to be a fact of a notebook. */
  readonly fresh = new Map<string, Buffer>();
  /** The runs that have kept something here. */
  readonly runs = new Set<string>();
  /** So often the disk was full when something was to be written. */
  refusals = 0;

  /** The bytes of an artifact or an upload. */
  of(id: string): Buffer | undefined {
    return isHash(id)
      ? (this.artifacts.get(id) ?? this.fresh.get(id))
      : this.uploads.get(id)?.bytes;
  }
}

export class SimulatedStore implements ArtifactStore {
  readonly #machine: Machine;
  readonly #life: Life;
  readonly #turns = new Turns();
  /** Nothing refers to them, and an earlier host has left them. */
  readonly #kept = new Set<string>();

  constructor(machine: Machine, life: Life) {
    this.#machine = machine;
    this.#life = life;
  }

  keyOf(hash: Digest): string {
    return `key of ${hash}`;
  }

  isKey(hash: Digest, key: string): boolean {
    return key === this.keyOf(hash);
  }

  recover(isReferred: (hash: Digest) => boolean): void {
    const { artifacts, fresh } = this.#stored;
    for (const [hash, bytes] of fresh) {
      if (isReferred(hash as Digest) && !artifacts.has(hash)) {
        artifacts.set(hash, bytes);
      }
    }
    fresh.clear();
    [...artifacts.keys()]
      .filter(hash => !isReferred(hash as Digest))
      .forEach(hash => this.#kept.add(hash));
  }

  write(
    { upload }: UploadName,
    offset: number,
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | Refused> {
    return this.#turns.take(upload, () => this.#write(upload, offset, bytes));
  }

  seal({ upload }: UploadName, length: number): Promise<Sealed | Refused> {
    return this.#turns.take(upload, async () => {
      await this.#step();
      const before = this.#lengthOf(upload);
      if (before < length) {
        return behind(before);
      }
      if (before !== length || length === 0) {
        const cut = await this.#write(upload, length, new Uint8Array());
        if ('rejection' in cut) {
          return cut;
        }
      }
      return this.#place(this.#stored.of(upload) ?? Buffer.alloc(0));
    });
  }

  keep(bytes: Uint8Array): Promise<Sealed | Refused> {
    return this.#place(Buffer.from(bytes));
  }

  settle(hash: Digest): void {
    const { artifacts, fresh } = this.#stored;
    const bytes = fresh.get(hash);
    if (this.#life.alive) {
      if (bytes !== undefined && !artifacts.has(hash)) {
        artifacts.set(hash, bytes);
      }
      fresh.delete(hash);
    }
  }

  has(name: ArtifactName): boolean {
    return this.#stored.of(typeof name === 'string' ? name : name.upload) !== undefined;
  }

  open(): Promise<null> {
    return Promise.resolve(null);
  }

  lines(): Promise<null> {
    return Promise.resolve(null);
  }

  search(): Promise<null> {
    return Promise.resolve(null);
  }

  remove(hash: Digest): boolean {
    if (this.#kept.has(hash) || !this.#life.alive) {
      return false;
    }
    this.#stored.artifacts.delete(hash);
    this.#stored.fresh.delete(hash);
    return true;
  }

  removeUploads(referred: readonly UploadName[], now: number): void {
    const needed = new Set(referred.map(({ upload }) => upload));
    for (const [upload, { at }] of this.#stored.uploads) {
      if (now - at > IDLE_UPLOAD_MS && !needed.has(upload) && !this.#turns.has(upload)) {
        this.#stored.uploads.delete(upload);
      }
    }
  }

  get #stored(): StoredBytes {
    return this.#machine.stored;
  }

  async #write(
    upload: string,
    offset: number,
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | Refused> {
    await this.#step();
    if (this.#machine.diskFull) {
      return this.#full();
    }
    const before = this.#lengthOf(upload);
    if (offset > before) {
      return behind(before);
    }
    const kept = this.#stored.of(upload)?.subarray(0, offset) ?? Buffer.alloc(0);
    for (const length of [0, Math.floor(bytes.length / 2), bytes.length]) {
      const at = this.#machine.clock.now();
      const written = Buffer.concat([kept, bytes.subarray(0, length)]);
      this.#stored.uploads.set(upload, { bytes: written, at });
      await this.#step();
      if (this.#machine.diskFull) {
        return this.#full();
      }
    }
    return { length: offset + bytes.length };
  }

  async #place(bytes: Buffer): Promise<Sealed | Refused> {
    const sealed = sealOf(bytes);
    await this.#step();
    if (this.#machine.diskFull) {
      return this.#full();
    }
    if (!this.#stored.artifacts.has(sealed.hash)) {
      this.#stored.fresh.set(sealed.hash, bytes);
    }
    await this.#step();
    return sealed;
  }

  #lengthOf(upload: string): number {
    return this.#stored.of(upload)?.length ?? 0;
  }

  #full(): Refused {
    this.#stored.refusals += 1;
    return noSpace();
  }

  /** Anything else may happen before it goes on; with the host's process it ends here. */
  #step(): Promise<void> {
    return this.#machine.moment(this.#life);
  }
}

function behind(length: number): Refused {
  const detail = `The upload has ${length} bytes.`;
  return { rejection: { code: 'upload-behind', detail, at: { length } } };
}
