/**
 * A seeded world: people, their room, Jupyter Server with a kernel, the host and its agents. Each step
 * one thing happens somewhere, and any of them may crash or be cut off between any two steps.
 */
import { act, openQuestion, questionToAnswer } from './acts.js';
import { memoryStorage } from '../../agent/journal/memory.js';
import type { Event } from '../../schema/index.js';
import { Machine, STREAM } from './machine.js';
import { Person } from './person.js';
import { program } from './programs.js';
import type { SimulatedHost } from './simulated-host.js';
import { Supervisor } from './supervisor.js';

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
  'fill disk of host': 2,
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

/** How often the server goes right when it has a run of a kernel of which the host has not heard. */
const KILL_IN_DOUBT = 0.12;
/** How often the agent loses its connection when the kernel has a run that it has not begun. */
const CUT_IN_DOUBT = 0.8;
/** How often it loses its connection when it has given an answer away. */
const CUT_ANSWERING = 0.3;
/** How often somebody clears what stands before a display that will be updated. */
const CLEAR_IN_DOUBT = 0.04;
const STEPS = { deliver: 120, kernel: 26, time: 9, person: 5, ask: 4, disturb: 3 };
const SETTLES_WITHIN = 180_000;
const CELLS = 4;
/** Milliseconds. */
const QUARTER = 900_000;
const AGES = 16 * QUARTER;

export class World {
  readonly machine: Machine;
  readonly storage = memoryStorage();
  readonly people: Person[];
  /** Cells that somebody moved or deleted. */
  readonly moved = new Set<string>();
  /** Cells whose outputs somebody cleared. */
  readonly cleared = new Set<string>();
  readonly #plan: Plan;
  readonly #supervisor: Supervisor;
  #seen = 0;
  #active = 0;
  /** The run that the kernel had not begun. */
  #waiting: string | undefined;
  /** The question to which an answer was on its way. */
  #answering: string | undefined;
  /** The kernel that the journal knows. */
  #heardOf: string | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.machine = new Machine(plan.seed);
    this.machine.disk = {
      ...{ nbformat: 4, nbformat_minor: 5 },
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
      cells: Array.from({ length: CELLS }, (_, index) => ({
        ...{ id: `c${index}`, cell_type: 'code', source: this.#source(index) },
        ...{ metadata: {}, outputs: [], execution_count: null }
      }))
    };
    this.#supervisor = new Supervisor(this.machine, this.storage);
    this.people = ['ada', 'bob'].map(
      name =>
        new Person(name, this.machine, {
          onMove: cellId => this.moved.add(cellId),
          onClear: cellId => this.cleared.add(cellId)
        })
    );
  }

  /** Offsets of the journal at the crashes of the server. */
  get serverKills(): readonly number[] {
    return this.#supervisor.serverKills;
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
      this.people.forEach(person => person.ask(this.machine.host));
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

  /** Hours pass, in which the host is started anew, and nobody does anything. */
  async age(): Promise<void> {
    const { clock, network, chance } = this.machine;
    for (let passed = 0; passed < AGES; passed += QUARTER) {
      if (passed === AGES / 2) {
        this.machine.host?.kill();
      }
      clock.pass(QUARTER);
      for (let idle = 0; idle < 3; idle += 1) {
        for (let wires = network.busy(); wires.length > 0; wires = network.busy()) {
          chance.of(wires)?.deliver();
          await turns(1);
          idle = 0;
        }
        await turns(4);
      }
    }
  }

  /** Of a cell at the beginning: some do little, so that much can happen to them. */
  #source(index: number): string {
    const { chance } = this.machine;
    return chance.happens(0.5) ? `print start${index}` : program(chance, `start${index}`);
  }

  /** A question is answered; a run that waits, and nobody is asked any more, is interrupted. */
  #attend(askedSince: number): number {
    const { clock, server } = this.machine;
    const person = this.people.find(({ here }) => here);
    const waits = server?.kernel?.process.question !== undefined;
    if (!waits || person === undefined || this.people.some(({ pending }) => pending.size > 0)) {
      return waits ? askedSince : clock.now();
    }
    const question = questionToAnswer(this.machine.chance, this.events);
    if (question !== undefined && openQuestion(this.events) !== undefined) {
      person.answer(question);
      return clock.now();
    }
    if (clock.now() - askedSince > 5000) {
      this.#noteUnheard();
      person.order('kernel.interrupt');
      return clock.now();
    }
    return askedSince;
  }

  /** The run goes on waiting, as everybody sees it, and nobody is asked. */
  #noteUnheard(): void {
    const { executionId, requestId } = this.machine.server?.kernel?.process.question ?? {};
    const ended = this.events.some(
      ({ type, data }) => type === 'execution.finished' && data.executionId === executionId
    );
    if (requestId !== undefined && !ended) {
      this.machine.unheard.add(requestId);
    }
  }

  #step(): void {
    const { chance, network, server, clock } = this.machine;
    if (this.#isInDoubt() && chance.happens(KILL_IN_DOUBT)) {
      this.#disturb('kill server');
    }
    if (server?.kernel?.process.updatesLater === true && chance.happens(CLEAR_IN_DOUBT)) {
      const person = this.people.find(each => each.here && each.clearBeforeDisplay());
      if (person !== undefined) {
        this.machine.note(`${person.name}: clear before a display`);
      }
    }
    const waiting = server?.kernel?.process.waiting;
    if (waiting !== this.#waiting && waiting !== undefined && chance.happens(CUT_IN_DOUBT)) {
      this.#disturb('cut control of agent');
    }
    this.#waiting = waiting;
    const { answering } = this.machine;
    if (answering !== this.#answering && chance.happens(CUT_ANSWERING)) {
      this.#disturb('cut control of agent');
    }
    this.#answering = answering;
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
        this.people.forEach(person => person.ask(this.machine.host));
        break;
      case 'person':
        act(this.machine, this.people, STREAM, stream => this.storage.read(stream, {}));
        break;
      case 'disturb':
        this.#disturb(chance.weighted(DISTURBANCES));
        break;
    }
  }

  #disturb(which: Disturbance): void {
    const { chance } = this.machine;
    const agent = this.machine.host?.agents.at(-1);
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
        this.machine.host?.kill();
        return this.machine.host !== undefined;
      case 'kill server':
        return this.#supervisor.killServer();
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
        clock.after(chance.below(8000), () => (this.machine.diskFull = false));
        return true;
      case 'reach limit':
        return server?.reachLimit() ?? false;
      case 'rename file':
        server?.rename();
        return server !== undefined;
    }
  }

  /** The kernel has begun a run, and the journal does not know of the kernel. */
  #isInDoubt(): boolean {
    const { kernelId, process } = this.machine.server?.kernel ?? {};
    if (kernelId === undefined || process?.current === undefined || this.#heardOf === kernelId) {
      return false;
    }
    const isKnown = this.events.some(
      ({ type, data }) => type === 'kernel.changed' && data.kernelId === kernelId
    );
    if (isKnown) {
      this.#heardOf = kernelId;
    }
    return !isKnown;
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
