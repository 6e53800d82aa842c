/** Time, ids and chance, as inputs: nothing in agent/ asks the machine for them but through these. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, `delay` ms from now; the returned function cancels, twice safely. */
  after(delay: number, callback: () => void): () => void;
}

export interface Ids {
  /** A new, unguessable, unique id (UUID form). */
  next(): string;
  /** 32 random bytes as lower-case hexadecimal. */
  secret(): string;
}
