/**
 * The leaf of an event: what the record says of it for good. It holds the envelope, the place in the
 * journal, the leaf before it in the stream, and of the payload only a salted digest: so the leaves
 * of a stream are a chain, and a payload can be erased while everything still verifies.
 */
import type { Envelope, Event } from '../../../schema/index.js';
import { canonical } from './canonical.js';

/** SHA-256 in lower-case hexadecimal. */
export interface Hashing {
  /** Of the text's UTF-8 bytes. */
  text(text: string): string;
  /** RFC 6962 node: of 0x01 and the bytes of two digests. */
  node(left: string, right: string): string;
}

/** An envelope and type, without what is not in the leaf: payload and redaction. */
type Sealed = Omit<Envelope, 'redacted'> & Pick<Event, 'type' | 'v'>;

/** Digest of a payload: of the salt's 32 hexadecimal digits and the payload's canonical text. */
export function payloadHash(hashing: Hashing, salt: string, canonicalData: string): string {
  return hashing.text(salt + canonicalData);
}

/**
 * RFC 6962 leaf: of 0x00 and the canonical JSON of the envelope with `payloadHash`, `previous` and
 * `seq`. `actor` is the actor's canonical text.
 */
export function leafHash(
  hashing: Hashing,
  event: Sealed,
  place: {
    readonly payloadHash: string;
    readonly previous: string;
    readonly seq: number;
    readonly actor?: string;
  }
): string {
  const optional = (name: string, value: string | undefined) =>
    value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
  // Members in order; `entry` of the tests says the same by the general way.
  return hashing.text(
    `\0{"actor":${place.actor ?? canonical(event.actor)},"assurance":"${event.assurance}","at":"${event.at}"` +
      optional('causationId', event.causationId) +
      optional('correlationId', event.correlationId) +
      optional('entitlement', event.entitlement) +
      `,"id":${JSON.stringify(event.id)},"offset":${event.offset},"payloadHash":"${place.payloadHash}"` +
      `,"previous":"${place.previous}","seq":${place.seq},"stream":"${event.stream}"` +
      (event.through === undefined ? '' : `,"through":${event.through}`) +
      `,"type":"${event.type}","v":${event.v}}`
  );
}
