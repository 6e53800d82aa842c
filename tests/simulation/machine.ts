/** What all parts of a simulation share: chance, time, the network, ids, and who is there now. */
import type { FileId, Json, StreamPath } from '../../schema/index.js';
import { notebookStream } from '../../schema/index.js';
import { CrankedClock } from '../unit/runtime/cranked-clock.js';
import { Chance } from './chance.js';
import type { Life } from './life.js';
import { Network, Wire } from './network.js';
import type { SimulatedHost } from './simulated-host.js';
import { Truth } from './simulated-kernel.js';
import { StoredBytes } from './simulated-store.js';
import type { SimulatedServer } from './simulated-server.js';

export const FILE = 'file-1' as FileId;
const PATH = 'a.ipynb';
export const STREAM: StreamPath = notebookStream(FILE);

export class Machine {
  readonly chance: Chance;
  readonly network = new Network();
  readonly clock = new CrankedClock();
  readonly truth = new Truth();
  /** What happened, for whoever reads of a failure. */
  readonly trace: string[] = [];
  /** Jupyter Server; undefined while it is down. */
  server: SimulatedServer | undefined;
  /** The host that was started last. */
  host: SimulatedHost | undefined;
  /** The folder of artifacts. */
  readonly stored = new StoredBytes();
  /** The notebook as it was saved last. */
  disk: Json = null;
  path = PATH;
  /** The host's disk takes nothing. */
  diskFull = false;
  /** What people gave as passwords. */
  readonly secrets = new Set<string>();
  /** The question to which an agent has sent an answer last. */
  answering: string | undefined;
  /** Questions of runs that waited in the end, and nobody was asked. */
  readonly unheard = new Set<string>();
  /** Who made the documents of Yjs clients, by client id. */
  readonly clients = new Map<number, string>();
  #id = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.clock.jump(Date.parse('2026-01-01T10:00:00.000Z') - this.clock.now());
  }

  nextId(kind: string): string {
    this.#id += 1;
    return `${kind}-${this.#id}`;
  }

  /** A Yjs client id for a document of `owner`. */
  nextClient(owner: string): number {
    const id = 1 + this.chance.below(2 ** 31);
    this.clients.set(id, owner);
    return id;
  }

  note(line: string): void {
    this.trace.push(line);
  }

  /** Settles some time, if the process still lives then. */
  moment(life: Life): Promise<void> {
    return new Promise(resolve => {
      const wire = new Wire<null>(this.network, {
        take: () => {
          this.network.remove(wire);
          life.guarded(resolve)();
        }
      });
      wire.send(null);
    });
  }

  /** A request to Jupyter Server by a process: rejects while the server is down, is silent once the process is. */
  ask<T>(life: Life, work: (server: SimulatedServer) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = new Wire<() => void>(this.network, {
        take: life.guarded(settle => settle())
      });
      const question = new Wire<null>(this.network, {
        take: () => {
          this.network.remove(question);
          answer.send(this.#answer(work, resolve, reject));
        }
      });
      question.send(null);
    });
  }

  #answer<T>(
    work: (server: SimulatedServer) => T,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void
  ): () => void {
    try {
      if (this.server === undefined) {
        throw new Error('The connection was refused.');
      }
      const value = work(this.server);
      return () => resolve(value);
    } catch (error) {
      return () => reject(error);
    }
  }
}
