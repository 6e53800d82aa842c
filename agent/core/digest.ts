/**
 * Digests and the canonical form that they are taken of. The same text gives the same digest in the
 * browser, in Node and for a stranger with any SHA-256: UTF-8, keys sorted by UTF-16 code units, no
 * white space.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Digest, Json } from '../../schema/index.js';

/** SHA-256 of the text's UTF-8 bytes; a lone surrogate counts as U+FFFD. */
export function digestOf(text: string): Digest {
  return bytesToHex(sha256(utf8ToBytes(text))) as Digest;
}

/** What binds a run to the source that its requester saw. */
export function sourceHash(source: string): Digest {
  return digestOf(source);
}

/** JSON with sorted keys and without white space. Equal values have equal canonical forms. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') {
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonicalJson).join(',')}]`;
  }
  const members = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** A digest under way, for a text that grows. */
export interface GrowingDigest {
  /** Takes more text. A surrogate pair must not be split between two calls. */
  append(text: string): void;
  /** Digest and length in UTF-8 bytes of all text so far and `end`; more may be appended after. */
  finish(end: string): { readonly digest: Digest; readonly bytes: number };
}

/** Starts a digest of an empty text. */
export function growingDigest(): GrowingDigest {
  const hash = sha256.create();
  let length = 0;
  return {
    append: text => {
      const bytes = utf8ToBytes(text);
      length += bytes.length;
      hash.update(bytes);
    },
    finish: end => {
      const bytes = utf8ToBytes(end);
      const digest = bytesToHex(hash.clone().update(bytes).digest()) as Digest;
      return { digest, bytes: length + bytes.length };
    }
  };
}
