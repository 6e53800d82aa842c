/**
 * Values that come at the same time, as pictures do, made durable together: a file with all of them, from
 * which each gets a file of its own when somebody asks for it, or once there is time. Guarantees that
 * what was answered is whole after a kill or a loss of power, and is nowhere in part.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Digest, Rejection } from '../../schema/index.js';
import { headOf, readBatch, readValue, writeBatch, type BatchedValue } from './batch-file.js';
import { diskRefusal, noSpace } from './disk-refusal.js';
import { hasSpace } from './disk-space.js';
import { ensureFolder } from './folders.js';
import type { FolderSyncs } from './folder-syncs.js';
import { replaceWhole, syncFile } from './whole-file.js';

type Refused = { readonly rejection: Rejection };

/** Milliseconds without a new batch until the values of the earlier ones get files of their own. */
const QUIET = 2000;

interface Gathering {
  readonly values: Map<Digest, Uint8Array>;
  readonly kept: Promise<Refused | null>;
}

export class ValueBatches {
  readonly #folder: string;
  readonly #syncs: FolderSyncs;
  readonly #placeOf: (hash: Digest) => string;
  /** Values that have no file of their own yet. */
  readonly #batched: Map<Digest, BatchedValue & { settled?: boolean }>;
  #next: Gathering | undefined;
  #batches: { readonly path: string; readonly hashes: readonly Digest[] }[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  /** In a folder of its own; `placeOf`: the file of a value. Throws if the folder cannot be made. */
  constructor(folder: string, syncs: FolderSyncs, placeOf: (hash: Digest) => string) {
    this.#folder = ensureFolder(folder);
    this.#syncs = syncs;
    this.#placeOf = placeOf;
    const left = readdirSync(folder).flatMap(name => headOf(join(folder, name)));
    this.#batched = new Map(left.map(value => [value.hash, value]));
  }

  /** Keeps a value, provisionally. Durable once it settles with null. */
  keep(hash: Digest, bytes: Uint8Array): Promise<Refused | null> {
    const gathering = (this.#next ??= this.#gather());
    gathering.values.set(hash, bytes);
    return gathering.kept;
  }

  /** Whether it is here alone. */
  has(hash: Digest): boolean {
    return this.#batched.has(hash);
  }

  /** Its event is durable: false for what is not here. */
  settle(hash: Digest): boolean {
    const value = this.#batched.get(hash);
    if (value !== undefined) {
      value.settled = true;
    }
    return value !== undefined;
  }

  /** Gives it its file; nothing for what is not here. */
  place(hash: Digest): void {
    const value = this.#batched.get(hash);
    if (value !== undefined) {
      this.#place(hash, readValue(value), value.settled === true);
      this.#batched.delete(hash);
    }
  }

  /** It is not wanted any more. */
  remove(hash: Digest): void {
    this.#batched.delete(hash);
  }

  /** After a start: what a kill has left here gets its place. `keepsAll`: for good. */
  restore(keepsAll: boolean): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const values = readBatch(readFileSync(path));
      for (const { hash, bytes } of values) {
        // What is there may not have been whole on the disk.
        this.#place(hash, bytes, keepsAll || existsSync(this.#placeOf(hash)));
      }
      this.#batches.push({ path, hashes: values.map(({ hash }) => hash) });
    }
    this.#batched.clear();
    this.#disperseSoon();
  }

  #place(hash: Digest, bytes: Uint8Array, isSettled: boolean): void {
    const place = this.#placeOf(hash);
    ensureFolder(dirname(place));
    replaceWhole(isSettled ? place : `${place}.new`, bytes);
  }

  #gather(): Gathering {
    const values = new Map<Digest, Uint8Array>();
    const gathered = Promise.withResolvers<undefined>();
    // Behind what else has come in this turn.
    setImmediate(() => gathered.resolve(undefined));
    const kept = gathered.promise.then(() => {
      this.#next = undefined;
      return this.#keepAll(values);
    });
    return { values, kept };
  }

  async #keepAll(values: ReadonlyMap<Digest, Uint8Array>): Promise<Refused | null> {
    this.#count += 1;
    const path = join(this.#folder, `${Date.now()}-${this.#count}`);
    try {
      const bytes = [...values.values()].reduce((sum, each) => sum + each.length, 0);
      if (!(await hasSpace(this.#folder, bytes))) {
        return noSpace();
      }
      const written = await writeBatch(path, values);
      await this.#syncs.sync(this.#folder);
      written.forEach(value => this.#batched.set(value.hash, value));
      this.#batches.push({ path, hashes: [...values.keys()] });
      this.#disperseSoon();
      return null;
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      return diskRefusal(error);
    }
  }

  #disperseSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#disperse(), QUIET).unref();
  }

  /** Batch by batch; one whose values cannot be placed stays for the next start. */
  async #disperse(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      const places = batch.hashes.map(this.#placeOf);
      try {
        for (const hash of batch.hashes) {
          this.place(hash);
          const place = this.#placeOf(hash);
          await syncFile([`${place}.new`, place]);
        }
        const folders = new Set([...places.map(dirname), dirname(this.#folder)]);
        await Promise.all([...folders].map(each => this.#syncs.sync(each)));
        await rm(batch.path, { force: true });
      } catch (error) {
        console.error('artifacts: a batch is kept until the next start:', error);
      }
    }
  }
}
