/** Who may use a stream, as laws over any rules and any tree of streams. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ancestorsOf,
  begun,
  decideAccess,
  evolveAccess,
  RIGHTS,
  type AccessRules,
  type Asker,
  type Right,
  type Want
} from '../../../agent/core/stream/access.js';
import type { Draft, StreamPath } from '../../../schema/index.js';

const PEOPLE = ['ann', 'bob', 'cat'] as const;
const WANTS: readonly Want[] = ['read', 'write', 'own'];
const PATHS = ['/a', '/a/b', '/a/b/c', '/a/d', '/e'] as unknown as readonly StreamPath[];

const person = fc.constantFrom(...PEOPLE);
const path = fc.constantFrom(...PATHS);
const envelope = {
  v: 1,
  at: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'human', id: 'ann' },
  assurance: 'verified'
} as const;
const accessFact: fc.Arbitrary<Draft> = fc.oneof(
  fc
    .boolean()
    .map((write): Draft => ({ ...envelope, type: 'stream.made-public', data: { write } })),
  fc.constant<Draft>({ ...envelope, type: 'stream.made-private', data: {} }),
  fc
    .record({ username: person, may: fc.constantFrom('read' as const, 'write' as const) })
    .map((data): Draft => ({ ...envelope, type: 'access.granted', data })),
  person.map((username): Draft => ({ ...envelope, type: 'access.revoked', data: { username } }))
);
const rules = fc
  .record({ owner: person, facts: fc.array(accessFact, { maxLength: 5 }) })
  .map(({ owner, facts }) =>
    facts.reduce(evolveAccess, begun('/a' as StreamPath, { kind: 'human', id: owner }))
  );
/** Some streams of PATHS have begun, each with its rules. */
const tree = fc
  .array(fc.tuple(path, rules), { maxLength: 5 })
  .map(entries => new Map<StreamPath, AccessRules>(entries));

const named = (username: string, ...may: Right[]): Asker => ({
  username,
  may: ['streams:write', ...may]
});
const may = (asker: Asker, stream: StreamPath, want: Want, all: Map<StreamPath, AccessRules>) =>
  'entitlement' in decideAccess(asker, stream, want, each => all.get(each));

describe('access to streams', () => {
  it('[G1] the owner of a stream may do everything with it, whatever the rules', () => {
    fc.assert(
      fc.property(tree, path, (all, stream) => {
        const owner = all.get(stream)?.owner ?? null;
        fc.pre(owner !== null);
        for (const want of WANTS) {
          const access = decideAccess(named(owner), stream, want, each => all.get(each));
          expect(access).toEqual({ entitlement: 'owner' });
        }
      })
    );
  });

  it('[G1] nobody owns what somebody else began', () => {
    fc.assert(
      fc.property(tree, path, person, (all, stream, who) => {
        const owner = all.get(stream)?.owner;
        fc.pre(owner !== undefined && owner !== who);
        expect(may(named(who), stream, 'own', all)).toBe(false);
      })
    );
  });

  it('[G1] where nobody has begun anything, anybody may begin', () => {
    for (const stream of PATHS) {
      expect(may(named('ann'), stream, 'write', new Map())).toBe(true);
    }
  });

  it('[G2] who may write may read', () => {
    fc.assert(
      fc.property(tree, path, person, (all, stream, who) => {
        const writes = may(named(who), stream, 'write', all);
        expect(writes && !may(named(who), stream, 'read', all)).toBe(false);
      })
    );
  });

  it('[G2] without rules of its own a stream is its owner’s alone; made private, of who was granted, too', () => {
    fc.assert(
      fc.property(person, person, fc.array(accessFact, { maxLength: 5 }), (owner, who, facts) => {
        fc.pre(owner !== who);
        const stream = '/a' as StreamPath;
        const bare = begun(stream, { kind: 'human', id: owner });
        expect(may(named(who), stream, 'read', new Map([[stream, bare]]))).toBe(false);
        const last: Draft = { ...envelope, type: 'stream.made-private', data: {} };
        const made = [...facts, last].reduce(evolveAccess, bare);
        const mine = facts.findLast(
          fact =>
            (fact.type === 'access.granted' || fact.type === 'access.revoked') &&
            fact.data.username === who
        );
        const granted = mine?.type === 'access.granted' ? mine.data.may : null;
        expect(may(named(who), stream, 'read', new Map([[stream, made]]))).toBe(granted !== null);
        expect(may(named(who), stream, 'write', new Map([[stream, made]]))).toBe(
          granted === 'write'
        );
      })
    );
  });

  it('[G3] rules of its own end what a stream has from above', () => {
    fc.assert(
      fc.property(tree, tree, path, person, accessFact, (all, other, stream, who, fact) => {
        const own = all.get(stream);
        fc.pre(own !== undefined);
        const ruled = evolveAccess(own, fact);
        for (const want of WANTS) {
          const here = may(named(who), stream, want, new Map(all).set(stream, ruled));
          const there = may(named(who), stream, want, new Map(other).set(stream, ruled));
          expect(here).toBe(there);
        }
      })
    );
  });

  it('[G3] only the stream itself and what is above it counts', () => {
    fc.assert(
      fc.property(tree, tree, path, person, (all, other, stream, who) => {
        const above = new Set<StreamPath>([stream, ...ancestorsOf(stream)]);
        const kept = [...all].filter(([each]) => above.has(each));
        const elsewhere = [...other].filter(([each]) => !above.has(each));
        for (const want of WANTS) {
          expect(may(named(who), stream, want, new Map([...kept, ...elsewhere]))).toBe(
            may(named(who), stream, want, all)
          );
        }
      })
    );
  });

  it('[G3] without rules of its own a stream may be used by whoever may use the one above', () => {
    fc.assert(
      fc.property(rules, person, person, (above, owner, who) => {
        const child = begun('/a/b' as StreamPath, { kind: 'human', id: owner });
        const all = new Map([
          ['/a' as StreamPath, above],
          ['/a/b' as StreamPath, child]
        ]);
        for (const want of ['read', 'write'] as const) {
          expect(may(named(who), '/a/b' as StreamPath, want, all)).toBe(
            who === owner || may(named(who), '/a' as StreamPath, want, all)
          );
        }
      })
    );
  });

  it('[G4] a notebook’s streams follow the rights on contents alone, and runs those on kernels', () => {
    const needed = {
      read: ['contents:read'],
      // Who may write may read: the answers show what is there.
      write: ['contents:read', 'contents:write'],
      run: ['kernels:execute']
    } satisfies Record<string, Right[]>;
    fc.assert(
      fc.property(
        fc.subarray([...RIGHTS]),
        fc.constantFrom('/notebooks/n', '/notebooks/n/x/y'),
        fc.constantFrom('read' as const, 'write' as const, 'run' as const),
        rules,
        (rights, stream, want, any) => {
          const asker = { username: any.owner ?? 'ann', may: rights };
          const has = (right: Right) => rights.includes(right);
          const expected = has('admin') || needed[want].every(has);
          const access = decideAccess(asker, stream as StreamPath, want, () => any);
          expect('entitlement' in access).toBe(expected);
        }
      )
    );
  });

  it('[G5] what the server alone states is read by who may stop the server, and written by nobody', () => {
    for (const stream of ['/refusals', '/record', '/deletions'] as unknown as StreamPath[]) {
      const server = named('ann', 'server', 'server:write');
      expect(may(server, stream, 'read', new Map())).toBe(true);
      expect(may(named('ann', 'server'), stream, 'read', new Map())).toBe(false);
      expect(may(server, stream, 'write', new Map())).toBe(false);
      expect(begun(stream, { kind: 'human', id: 'ann' }).owner).toBeNull();
    }
  });

  it('[G6] where people are not told apart everybody owns every stream; who may write nothing writes nothing', () => {
    fc.assert(
      fc.property(tree, path, person, (all, stream, who) => {
        for (const want of WANTS) {
          expect(may(named(who, 'server'), stream, want, all)).toBe(true);
          expect(may({ username: who, may: ['server'] }, stream, want, all)).toBe(want === 'read');
          expect(may({ username: who, may: ['admin'] }, stream, want, all)).toBe(true);
        }
      })
    );
  });
});
