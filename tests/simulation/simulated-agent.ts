/** The runtime agent as a process: agent/runtime-agent.ts with the real runtime, on simulated sockets. */
import { NotebookRuntime } from '../../agent/runtime/notebook-runtime.js';
import type { FromAgent, ToAgent } from '../../schema/index.js';
import { AgentKernels } from './agent-kernels.js';
import { AgentRoom } from './agent-room.js';
import { Life, ProcessEnded } from './life.js';
import { PATH, type Machine } from './machine.js';
import { Wire, type Receiver } from './network.js';

export class SimulatedAgent {
  readonly life = new Life();
  readonly stdin: Wire<ToAgent>;
  readonly #machine: Machine;
  readonly #stdout: Wire<FromAgent>;
  #kernels: AgentKernels | undefined;
  #room: AgentRoom | undefined;
  #runtime: NotebookRuntime | undefined;

  constructor(machine: Machine, host: Receiver<FromAgent>) {
    this.#machine = machine;
    this.#stdout = new Wire(machine.network, host);
    this.stdin = new Wire(machine.network, {
      take: this.life.guarded((message: ToAgent) => this.#take(message)),
      ended: this.life.guarded(() => this.#leave())
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
    // A request that came after a question on the next socket would be taken for lost, and sent again.
    sockets.forEach(socket => (which === 'control' ? socket.cutInOrder() : socket.cut()));
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

  #take(message: ToAgent): void {
    switch (message.type) {
      case 'join':
        this.#join(message).catch((error: unknown) =>
          this.life.guarded(() => this.#fail(String(error)))()
        );
        break;
      case 'run': {
        const { type: _type, ...run } = message;
        this.#runtime?.run(run);
        break;
      }
      case 'interrupt':
        this.#runtime?.interrupt();
        break;
      case 'restart-kernel':
        this.#runtime?.restartKernel();
        break;
      case 'answer-input':
      case 'moved':
        break;
      case 'stop':
        this.#room?.quieten();
        this.#leave();
        break;
    }
  }

  async #join(message: Extract<ToAgent, { type: 'join' }>): Promise<void> {
    const { life } = this;
    const machine = this.#machine;
    const clock = life.clock(machine.clock);
    const context = { machine, life, clock, token: message.token };
    const fail = (reason: string): never => this.#fail(reason);
    const kernels = new AgentKernels(context);
    this.#kernels = kernels;
    const joined = new NotebookRuntime(PATH, {
      kernels,
      clock,
      ids: { next: () => machine.nextId('probe'), secret: () => machine.nextId('secret') },
      report: line => this.#stdout.send(line),
      fail,
      note: () => undefined
    });
    this.#runtime = joined;
    if (message.resume !== undefined) {
      joined.resume(message.resume);
    }
    const entering = AgentRoom.join({ ...context, fail });
    const attached = message.resume === undefined ? joined.attach() : Promise.resolve();
    this.#room = await entering;
    await attached;
    if (life.alive) {
      joined.enter(this.#room);
    }
  }

  #leave(): void {
    this.#runtime?.close();
    void this.#room?.leave();
    this.#exit(0);
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
