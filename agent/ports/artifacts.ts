/** Where the bytes are that a notebook keeps outside its document, as an interface. */
import type { Digest, Rejection, StreamPath } from '../../schema/index.js';

/** An upload: of one notebook, by an id that its runtime chose. */
export interface UploadName {
  readonly stream: StreamPath;
  readonly upload: string;
}

/** What is read: complete bytes, or an upload as far as it is. */
export type ArtifactName = Digest | UploadName;

/** Bytes that were uploaded as a whole, at their place. */
export interface Sealed {
  readonly hash: Digest;
  readonly bytes: number;
  /** Line ends in it. */
  readonly lines: number;
}

/** Lines from `from` on; fewer than asked if they are long. */
export interface LinePage {
  readonly from: number;
  /** So many lines there are; an end without a line end counts. */
  readonly total: number;
  readonly lines: readonly string[];
  /** Numbers of lines that are longer than told. */
  readonly cut?: readonly number[];
}

export interface SearchQuery {
  /** Plain text within one line. */
  readonly text: string;
  readonly matchCase: boolean;
  /** The line to begin with; from 0. */
  readonly from: number;
  /** Most matches of an answer. */
  readonly limit: number;
}

export interface Match {
  readonly line: number;
  /** In UTF-16 units of the line. */
  readonly at: number;
  readonly length: number;
  /** The line around it. */
  readonly text: string;
  /** Where in the line `text` begins. */
  readonly textFrom: number;
}

/** `next`: the line to go on with; null at the end. */
export interface MatchPage {
  readonly matches: readonly Match[];
  readonly next: number | null;
}

/** Bytes that somebody reads: as they were when it was opened. Close it, or read it to the end. */
export interface ArtifactContent {
  readonly size: number;
  /** From `start` up to, and without, `end`; closes it. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface ArtifactStore {
  /** Shows that a link with this hash was given by us. */
  keyOf(hash: Digest): string;
  isKey(hash: Digest, key: string): boolean;
  /**
   * After a start: gives what was stored its place, drops what nobody was told of, and keeps what it
   * knows nothing of. `isReferred`: is there a reference to the hash anywhere?
   */
  recover(isReferred: (hash: Digest) => boolean): void;
  /** Writes from `offset` on and forgets what was behind it; durable once answered. */
  write(
    name: UploadName,
    offset: number,
    bytes: Uint8Array
  ): Promise<{ readonly length: number } | { readonly rejection: Rejection }>;
  /** Puts the first `length` bytes of an upload at their place, as yet provisionally: see `settle`. */
  seal(name: UploadName, length: number): Promise<Sealed | { readonly rejection: Rejection }>;
  /** The same as `seal`, for bytes that come as a whole: there is no upload of them. */
  keep(bytes: Uint8Array): Promise<Sealed | { readonly rejection: Rejection }>;
  /** Its event is durable: the bytes stay. */
  settle(hash: Digest): void;
  /** Whether the bytes are there, at this moment. */
  has(name: ArtifactName): boolean;
  open(name: ArtifactName): Promise<ArtifactContent | null>;
  /** Null: there are no such bytes. */
  lines(name: ArtifactName, from: number, count: number): Promise<LinePage | null>;
  search(name: ArtifactName, query: SearchQuery): Promise<MatchPage | null>;
  /** Removes the bytes, at once; false for what it must keep. */
  remove(hash: Digest): boolean;
  /** Removes uploads that nothing refers to, and to which nothing was added for an hour. */
  removeUploads(referred: readonly UploadName[], now: number): void;
}

/** The notebooks as files, also those that were never opened. */
export interface LinkingFiles {
  /** Which of these they link to. Rejects if they cannot all be looked through. */
  linked(hashes: ReadonlySet<Digest>): Promise<ReadonlySet<Digest>>;
}
