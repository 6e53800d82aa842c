/** A file of several values: a line of JSON that says what there is, and the bytes behind it. */
import { hash as digestOf } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { Digest } from '../../schema/index.js';

const Head = z.array(z.object({ hash: Digest, bytes: z.int().min(0) }));
const LINE_END = 10;
const LONGEST_HEAD = 1 << 20;

/** Where one value is. */
export interface BatchedValue {
  readonly hash: Digest;
  readonly path: string;
  readonly at: number;
  readonly bytes: number;
}

/** Writes a new file; durable once it settles, but for its name. */
export async function writeBatch(
  path: string,
  values: ReadonlyMap<Digest, Uint8Array>
): Promise<BatchedValue[]> {
  const sizes = [...values].map(([hash, { length }]) => ({ hash, bytes: length }));
  const head = Buffer.from(`${JSON.stringify(sizes)}\n`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile([head, ...values.values()]);
    await file.datasync();
  } finally {
    await file.close();
  }
  return placesOf(path, head.length, sizes);
}

/** What a file says that there is; it may have less. Nothing of a file that is no batch. */
export function headOf(path: string): BatchedValue[] {
  const start = readFrom(path, 0, LONGEST_HEAD);
  const lineEnd = start.indexOf(LINE_END);
  return placesOf(path, lineEnd + 1, sizesOf(start, lineEnd));
}

/** Those of a file's values that are whole. */
export function readBatch(file: Buffer): { readonly hash: Digest; readonly bytes: Buffer }[] {
  const lineEnd = file.indexOf(LINE_END);
  return placesOf('', lineEnd + 1, sizesOf(file, lineEnd))
    .map(({ hash, at, bytes }) => ({ hash, bytes: file.subarray(at, at + bytes) }))
    .filter(({ hash, bytes }) => digestOf('sha256', bytes) === hash);
}

/** Its bytes. Throws if the file does not have them. */
export function readValue({ hash, path, at, bytes }: BatchedValue): Buffer {
  const value = readFrom(path, at, bytes);
  if (digestOf('sha256', value) !== hash) {
    throw new Error(`${path} does not have ${hash}.`);
  }
  return value;
}

function placesOf(path: string, start: number, sizes: z.infer<typeof Head>): BatchedValue[] {
  let at = start;
  return sizes.map(({ hash, bytes }) => {
    at += bytes;
    return { hash, path, at: at - bytes, bytes };
  });
}

function sizesOf(start: Buffer, lineEnd: number): z.infer<typeof Head> {
  try {
    const head: unknown = JSON.parse(start.subarray(0, Math.max(0, lineEnd)).toString());
    return Head.parse(head);
  } catch {
    return [];
  }
}

function readFrom(path: string, at: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(file, buffer, 0, length, at));
  } finally {
    closeSync(file);
  }
}
