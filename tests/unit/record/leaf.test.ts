/** What a leaf says: all of the envelope, in a form that a stranger can write. */
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../../agent/core/record/canonical.js';
import { leafHash, payloadHash } from '../../../agent/core/record/leaf.js';
import { nodeHashing } from '../../../agent/journal/hashing.js';
import { Envelope, type Event } from '../../../schema/index.js';
import { anyFact } from '../core/arbitrary-facts.js';

const identity = fc.record(
  {
    kind: fc.constantFrom('human', 'assistant', 'runtime', 'system'),
    id: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    name: fc.string({ unit: 'grapheme' }),
    color: fc.string()
  },
  { requiredKeys: ['kind', 'id'] }
);
const text = fc.string({ unit: 'grapheme' });
const envelope = fc.record(
  {
    id: text,
    stream: fc.constantFrom('/', '/notebooks/one', '/a~b/c_d.e-f'),
    offset: fc.integer({ min: 1 }),
    at: fc.constantFrom('2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z'),
    actor: fc
      .tuple(identity, fc.option(identity), fc.option(identity))
      .map(([who, onBehalfOf, via]) => ({
        ...(via && { via }),
        ...who,
        ...(onBehalfOf && { onBehalfOf })
      })),
    assurance: fc.constantFrom('verified', 'relayed', 'unverified'),
    entitlement: text,
    causationId: text,
    correlationId: text,
    through: fc.nat()
  },
  { requiredKeys: ['id', 'stream', 'offset', 'at', 'actor', 'assurance'] }
);
const event = fc
  .tuple(envelope, anyFact)
  .map(([around, fact]) => ({ ...around, ...fact }) as unknown as Event);
const hash = payloadHash(nodeHashing, '0'.repeat(32), '{}');
const place = { payloadHash: hash, previous: hash, seq: 7 };

describe('a leaf of the record', () => {
  it('[V1] writes canonical JSON as the standard says (RFC 8785)', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        // As it comes back from the disk; a lone surrogate is none of JCS.
        const read: unknown = JSON.parse(JSON.stringify(value));
        if (JSON.stringify(read).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(read))) {
          expect(canonical(read)).toBe(canonicalize(read));
        }
        expect(canonical(JSON.parse(canonical(read)))).toBe(canonical(read));
      })
    );
    expect(canonical({ b: '\ud800', '\udfff': 1 })).toBe(String.raw`{"b":"\ud800","\udfff":1}`);
    expect(canonical({ 10: 1, 9: [{ b: -0, a: undefined }], é: 'é', z: 1e21 })).toBe(
      '{"10":1,"9":[{"b":0}],"z":1e+21,"é":"é"}'
    );
  });

  it('[V1] is the RFC 6962 leaf of the canonical envelope, and of the payload only the digest', () => {
    fc.assert(
      fc.property(event, given => {
        const { data: _data, redacted: _redacted, ...sealed } = given;
        const expected = nodeHashing.text(`\0${canonicalize({ ...sealed, ...place }) ?? ''}`);
        expect(leafHash(nodeHashing, given, place)).toBe(expected);
      })
    );
  });

  it('[V1] changes with every member of the envelope, but for the mark of an erasure', () => {
    const full: Record<string, unknown> = {
      id: 'a',
      stream: '/a',
      offset: 1,
      at: '2026-01-02T03:04:05.678Z',
      actor: { kind: 'human', id: 'ada' },
      assurance: 'verified',
      entitlement: 'a',
      causationId: 'a',
      correlationId: 'a',
      through: 1,
      type: 'notebook.saved',
      v: 1,
      data: { path: 'a' }
    };
    const leaf = (values: object) => leafHash(nodeHashing, values as Event, place);
    for (const member of [...Object.keys(Envelope.shape), 'type', 'v']) {
      const other = typeof full[member] === 'number' ? 2 : member === 'actor' ? {} : 'b';
      const changed = leaf({ ...full, [member]: other }) !== leaf(full);
      expect([member, changed]).toEqual([member, member !== 'redacted']);
    }
    for (const [member, other] of [
      ['payloadHash', '1'],
      ['previous', '1'],
      ['seq', 8]
    ] as const) {
      expect(
        leafHash(nodeHashing, full as unknown as Event, { ...place, [member]: other })
      ).not.toBe(leaf(full));
    }
  });
});
