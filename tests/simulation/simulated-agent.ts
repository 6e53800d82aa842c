/** The runtime agent as a process: agent/runtime-agent.ts with the real agent, on simulated sockets. */
import { NotebookAgent } from '../../agent/runtime/notebook-agent.js';
import type { FromAgent, ToAgent } from '../../schema/index.js';
import { AgentKernels } from './agent-kernels.js';
import { AgentRoom } from './agent-room.js';
import { Life, ProcessEnded } from './life.js';
import type { Machine } from './machine.js';
import { Wire, type Receiver } from './network.js';

export class SimulatedAgent {
  readonly life = new Life();
  readonly stdin: Wire<ToAgent>;
  readonly #machine: Machine;
  readonly #stdout: Wire<FromAgent>;
  #kernels: AgentKernels | undefined;
  #room: AgentRoom | undefined;

  constructor(machine: Machine, host: Receiver<FromAgent>) {
    this.#machine = machine;
    this.#stdout = new Wire(machine.network, host);
    const agent = this.#agent();
    this.stdin = new Wire(machine.network, {
      take: this.life.guarded((message: ToAgent) => agent.take(message)),
      ended: this.life.guarded(() => agent.inputEnded())
    });
  }

  /** Killed: its lines are in the pipe; what it sent last on its sockets may be lost. */
  kill(): void {
    if (this.life.alive) {
      this.life.end();
      this.stdin.drop();
      this.#stdout.end(137);
      this.#sockets().forEach(socket => socket.clientKilled());
    }
  }

  /** Cuts one of its sockets; false if it has none of that kind. */
  cut(which: 'room' | 'tap' | 'control'): boolean {
    const sockets = this.#sockets(which);
    sockets.forEach(socket => socket.cut());
    return sockets.length > 0;
  }

  #sockets(which?: 'room' | 'tap' | 'control') {
    const room = this.#room?.client.socket;
    const taps = [...(this.#kernels?.taps ?? [])].map(({ socket }) => socket);
    const controls = [...(this.#kernels?.controls ?? [])].map(({ socket }) => socket);
    const all = { room: [room], tap: taps, control: controls };
    const chosen = which === undefined ? [room, ...taps, ...controls] : all[which];
    return chosen.filter(socket => socket?.up.open === true).map(socket => socket!);
  }

  #agent(): NotebookAgent {
    const { life } = this;
    const machine = this.#machine;
    const clock = life.clock(machine.clock);
    const fail = (reason: string): never => this.#fail(reason);
    return new NotebookAgent({
      kernels: ({ token }) => (this.#kernels = new AgentKernels({ machine, life, clock, token })),
      room: async ({ token }) => {
        try {
          this.#room = await AgentRoom.join({ machine, life, clock, token, fail });
          return this.#room;
        } catch (error) {
          life.guarded(() => this.#fail(String(error)))();
          return new Promise(() => undefined);
        }
      },
      clock,
      ids: { next: () => machine.nextId('probe'), secret: () => machine.nextId('secret') },
      report: line => this.#stdout.send(line),
      fail,
      exit: () => this.#exit(0),
      note: () => undefined
    });
  }

  #fail(reason: string): never {
    this.#stdout.send({ type: 'failed', reason });
    this.#exit(1);
    throw new ProcessEnded(reason);
  }

  /** What was sent arrives; the process is no more. */
  #exit(code: number): void {
    if (this.life.alive) {
      this.life.end();
      this.stdin.drop();
      this.#stdout.end(code);
      this.#sockets().forEach(socket => socket.closeByClient());
    }
  }
}
