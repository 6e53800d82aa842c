/**
 * A seeded world: people, their room, Jupyter Server with a kernel, the host and its agents. Each step
 * one thing happens somewhere, and any of them may crash or be cut off between any two steps.
 */
import { act, openQuestion } from './acts.js';
import { memoryStorage } from '../../agent/journal/memory.js';
import type { Event } from '../../schema/index.js';
import { Machine, STREAM } from './machine.js';
import { Wire } from './network.js';
import { Person } from './person.js';
import { SimulatedHost } from './simulated-host.js';
import { SimulatedServer, type ServerFrame } from './simulated-server.js';
import type { ToServer } from '../../schema/index.js';

/** What may go wrong, and how often beside the others. */
export const DISTURBANCES = {
  'kill agent': 4,
  'kill host': 3,
  'kill server': 0.6,
  'kill kernel': 1,
  'close browser': 1,
  'cut room of agent': 4,
  'cut tap of agent': 4,
  'cut control of agent': 5,
  'cut room of person': 2,
  'fill disk of host': 1.5,
  'reach limit': 8,
  'rename file': 1
};
export type Disturbance = keyof typeof DISTURBANCES;

export interface Plan {
  readonly seed: number;
  readonly steps: number;
  /** What does not go wrong. */
  readonly without: readonly Disturbance[];
}

const STEPS = { deliver: 120, kernel: 26, time: 9, person: 5, ask: 4, disturb: 3 };
const HOST_RESTARTS_AFTER = 300;
const SERVER_RESTARTS_AFTER = 1500;
const SETTLES_WITHIN = 180_000;
const CELLS = 4;

export class World {
  readonly machine: Machine;
  readonly storage = memoryStorage();
  readonly people: Person[];
  /** Cells that somebody moved or deleted. */
  readonly moved = new Set<string>();
  /** Cells whose outputs somebody cleared. */
  readonly cleared = new Set<string>();
  /** Offset of the journal at the last crash of the server. */
  serverKilledAt = 0;
  host: SimulatedHost | undefined;
  readonly #plan: Plan;
  #spool: readonly ServerFrame[] = [];
  #seen = 0;
  #active = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.machine = new Machine(plan.seed);
    this.machine.disk = {
      ...{ nbformat: 4, nbformat_minor: 5 },
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
      cells: Array.from({ length: CELLS }, (_, index) => ({
        ...{ id: `c${index}`, cell_type: 'code', source: `print start${index}` },
        ...{ metadata: {}, outputs: [], execution_count: null }
      }))
    };
    this.#startServer();
    this.people = ['ada', 'bob'].map(
      name =>
        new Person(name, this.machine, {
          onMove: cellId => this.moved.add(cellId),
          onClear: cellId => this.cleared.add(cellId)
        })
    );
  }

  get events(): Event[] {
    return this.storage.read(STREAM, {});
  }

  async play(): Promise<void> {
    for (let step = 0; step < this.#plan.steps; step += 1) {
      this.#step();
      await turns(this.machine.chance.happens(0.5) ? 0 : this.machine.chance.below(5));
    }
  }

  /** Nothing goes wrong any more. False: it does not come to rest. */
  async settle(): Promise<boolean> {
    const { clock, network, chance } = this.machine;
    let quietSince = clock.now();
    let askedSince = quietSince;
    this.machine.diskFull = false;
    for (const end = clock.now() + SETTLES_WITHIN; clock.now() < end;) {
      this.people.forEach(person => person.ask(this.host));
      askedSince = this.#attend(askedSince);
      const wires = network.busy();
      this.machine.server?.kernel?.process.step();
      chance.of(wires)?.deliver();
      await turns(1);
      if (wires.length === 0 && this.machine.server?.kernel?.process.busy !== true) {
        await turns(10);
        if (network.busy().length === 0) {
          clock.pass(50);
          await turns(2);
        }
      }
      const here = this.people.every(person => person.here && person.pending.size === 0);
      if (!here || network.busy().length > 0 || this.#unfinished() > 0) {
        quietSince = clock.now();
      } else if (clock.now() - quietSince > 4000) {
        return true;
      }
    }
    return false;
  }

  /** A question is answered; a run that waits, and nobody is asked any more, is interrupted. */
  #attend(askedSince: number): number {
    const { clock, server } = this.machine;
    const person = this.people.find(({ here }) => here);
    const waits = server?.kernel?.process.question !== undefined;
    if (!waits || person === undefined || this.people.some(({ pending }) => pending.size > 0)) {
      return waits ? askedSince : clock.now();
    }
    const question = openQuestion(this.events);
    if (question !== undefined) {
      person.answer(question);
      return clock.now();
    }
    if (clock.now() - askedSince > 5000) {
      person.order('kernel.interrupt');
      return clock.now();
    }
    return askedSince;
  }

  #step(): void {
    const { chance, network, server, clock } = this.machine;
    switch (chance.weighted(STEPS)) {
      case 'deliver':
        chance.of(network.busy())?.deliver();
        break;
      case 'kernel':
        server?.kernel?.process.step();
        break;
      case 'time':
        clock.pass(chance.happens(0.1) ? 3000 : chance.below(200));
        break;
      case 'ask':
        this.people.forEach(person => person.ask(this.host));
        break;
      case 'person':
        act(this.machine, this.people, STREAM, stream => this.storage.read(stream, {}));
        break;
      case 'disturb':
        this.#disturb();
        break;
    }
  }

  #disturb(): void {
    const { chance } = this.machine;
    const which = chance.weighted(DISTURBANCES);
    const agent = this.host?.agents.at(-1);
    const person = chance.of(this.people);
    if (!this.#plan.without.includes(which) && this.#happens(which, agent, person)) {
      this.machine.note(`* ${which}`);
    }
  }

  #happens(
    which: Disturbance,
    agent: SimulatedHost['agents'][number] | undefined,
    person: Person | undefined
  ): boolean {
    const { server, clock, chance } = this.machine;
    switch (which) {
      case 'kill agent':
        agent?.kill();
        return agent !== undefined;
      case 'kill host':
        this.host?.kill();
        return this.host !== undefined;
      case 'kill server':
        return this.#killServer();
      case 'kill kernel':
        server?.replaceKernel(true);
        return server?.kernel !== undefined;
      case 'close browser':
        person?.leave();
        return true;
      case 'cut room of agent':
        return agent?.cut('room') ?? false;
      case 'cut tap of agent':
        return agent?.cut('tap') ?? false;
      case 'cut control of agent':
        return agent?.cut('control') ?? false;
      case 'cut room of person':
        return person?.cut() ?? false;
      case 'fill disk of host':
        this.machine.diskFull = true;
        clock.after(chance.below(4000), () => (this.machine.diskFull = false));
        return true;
      case 'reach limit':
        return server?.reachLimit() ?? false;
      case 'rename file':
        server?.rename();
        return server !== undefined;
    }
  }

  #killServer(): boolean {
    const { server, clock } = this.machine;
    if (server === undefined) {
      return false;
    }
    this.#spool = server.kill();
    this.machine.server = undefined;
    this.serverKilledAt = this.storage.head(STREAM).offset;
    clock.after(SERVER_RESTARTS_AFTER, () => this.#startServer());
    return true;
  }

  #startServer(): void {
    this.machine.server = new SimulatedServer(this.machine, this.#spool);
    this.#startHost(this.machine.server);
  }

  /** As the supervisor does; the journal has one host at a time. */
  #startHost(server: SimulatedServer): void {
    if (server !== this.machine.server || server.hasHost) {
      return;
    }
    if (this.host?.life.alive === true) {
      this.machine.clock.after(HOST_RESTARTS_AFTER, () => this.#startHost(server));
      return;
    }
    const toServer = new Wire<ToServer>(this.machine.network, {
      take: message => {
        if (server === this.machine.server) {
          server.hear(message);
        }
      },
      ended: () => {
        if (server === this.machine.server) {
          server.hostEnded();
          this.machine.clock.after(HOST_RESTARTS_AFTER, () => this.#startHost(server));
        }
      }
    });
    const entry: { host?: SimulatedHost } = {};
    const toHost = new Wire<ServerFrame>(this.machine.network, {
      take: frame => entry.host?.life.alive === true && entry.host.take(frame),
      ended: () => void entry.host?.stop()
    });
    server.hostStarted(toHost);
    entry.host = new SimulatedHost(this.machine, this.storage, server.tapId, toServer);
    this.host = entry.host;
  }

  #unfinished(): number {
    for (const { offset, type } of this.storage.read(STREAM, { after: this.#seen })) {
      this.#seen = offset;
      this.#active += type === 'execution.requested' ? 1 : type === 'execution.finished' ? -1 : 0;
    }
    return this.#active;
  }
}

/** Lets promises settle and groups be committed, for so many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
