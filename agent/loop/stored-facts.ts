/**
 * Tells that notebooks have stored artifacts. What comes within a few milliseconds, as many
 * small values do, is told together. Guarantees one fact for each artifact and notebook, and that what is told is there.
 */
import { runtimeActor } from '../core/actors.js';
import { requesterOf } from '../core/execution/state.js';
import type { Digest, Draft, Rejection, StreamPath } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import type { Session } from './session.js';

/** Milliseconds. */
const GATHERING = 4;

export type StoredArtifact = Extract<Draft, { type: 'artifact.stored' }>['data'];

/** Null: it is durable. `gone`: the bytes were removed meanwhile and have to be put there again. */
export type Told = { readonly rejection: Rejection } | 'gone' | null;

export interface StoredFactsContext {
  /** Whether the bytes are there, at this moment. */
  readonly has: (hash: Digest) => boolean;
  readonly session: (stream: StreamPath) => Session | undefined;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

interface Batch {
  readonly stored: StoredArtifact[];
  readonly runs: Map<StoredArtifact, string | undefined>;
  readonly told: Promise<ReadonlyMap<StoredArtifact, Told>>;
}

export class StoredFacts {
  readonly #context: StoredFactsContext;
  readonly #next = new Map<StreamPath, Batch>();

  constructor(context: StoredFactsContext) {
    this.#context = context;
  }

  /**
   * Settles when the fact is durable. Of a notebook of which nothing is recorded it is `gone`. `run`: the
   * execution that gave it; undefined if that is not known.
   */
  async tell(stream: StreamPath, stored: StoredArtifact, run: string | undefined): Promise<Told> {
    const batch = this.#next.get(stream) ?? this.#gather(stream);
    batch.stored.push(stored);
    batch.runs.set(stored, run);
    return (await batch.told).get(stored) ?? null;
  }

  #gather(stream: StreamPath): Batch {
    const stored: StoredArtifact[] = [];
    const runs: Batch['runs'] = new Map();
    const gathered = Promise.withResolvers<undefined>();
    this.#context.clock.after(GATHERING, () => gathered.resolve(undefined));
    const told = gathered.promise.then(() => {
      this.#next.delete(stream);
      return this.#append(stream, stored, runs);
    });
    const batch = { stored, runs, told };
    this.#next.set(stream, batch);
    return batch;
  }

  async #append(
    stream: StreamPath,
    stored: readonly StoredArtifact[],
    runs: Batch['runs']
  ): Promise<ReadonlyMap<StoredArtifact, Told>> {
    const { has, session: sessionOf, clock } = this.#context;
    const session = sessionOf(stream);
    const there = stored.filter(({ hash }) => session !== undefined && has(hash));
    const gone = stored.filter(each => !there.includes(each));
    const told = new Map<StoredArtifact, Told>(gone.map(each => [each, 'gone']));
    if (session === undefined || there.length === 0) {
      return told;
    }
    const at = new Date(clock.now()).toISOString();
    const { references, runtime } = session;
    const added = new Map(
      there.filter(({ hash }) => references[hash] === undefined).map(each => [each.hash, each])
    );
    const appended =
      added.size === 0
        ? []
        : [
            session.append({
              events: [...added.values()].map(data => ({
                ...{ type: 'artifact.stored', v: 1, data, at, assurance: 'verified' },
                actor: runtimeActor(requesterOf(runtime, runs.get(data)))
              }))
            })
          ];
    // What was let go of is wanted again.
    const again = there.filter(({ hash }) => !added.has(hash));
    if (again.length > 0) {
      const wanted = again.flatMap(({ hash }) => {
        const known = session.references[hash];
        return known === undefined ? [] : [[hash, { ...known, since: known.since && at }] as const];
      });
      appended.push(session.refer({ ...session.references, ...Object.fromEntries(wanted) }));
    }
    for (const { outcome } of appended) {
      const rejection = await outcome;
      if (rejection !== null) {
        there.forEach(each => told.set(each, { rejection }));
      }
    }
    return told;
  }
}
