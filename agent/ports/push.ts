/** Sending to addresses that somebody else configured, and the secrets of what is sent. */
import type { Rejection, StreamPath } from '../../schema/index.js';

export interface PushRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the request; its answer is then a failure. */
  readonly signal: AbortSignal;
}

export type PushAnswer =
  | {
      readonly status: number;
      /** The header Retry-After, as it came. */
      readonly retryAfter: string | null;
      /** The beginning of the body, at most 64 KiB. */
      readonly body: string;
    }
  /** No answer came: why, for a person. */
  | { readonly failure: string };

export interface Push {
  /**
   * Posts once. Never rejects, follows no redirect, and connects to no address that is not of the
   * public internet unless that is allowed; the address checked is the one that is used.
   */
  post(request: PushRequest): Promise<PushAnswer>;
  /** Why an address is plainly not one to post to; null if it may be. Says nothing of what its name leads to. */
  refusal(url: string): Rejection | null;
}

export interface PushSecrets {
  /** The secret that signs what is sent for a subscription of this person, as `whsec_…`; the same each time. */
  secretOf(stream: StreamPath, slug: string, holder: string | null): string;
}
