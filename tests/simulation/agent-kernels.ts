/** The kernels as an agent reaches them: over sockets that are cut, and attached again by the rules of agent/kernel. */
import type { Clock } from '../../agent/ports/inputs.js';
import type {
  ExecuteReply,
  KernelControl,
  Kernels,
  KernelQuestion,
  KernelTap,
  SessionKernel,
  TapAttached,
  TapListener,
  TapPosition,
  WatchedRun
} from '../../agent/ports/runtime.js';
import type { ExecutionId } from '../../schema/index.js';
import type { Life } from './life.js';
import type { Machine } from './machine.js';
import type { ControlDown, ControlSocket } from './simulated-server.js';
import type { TapDown, TapSocket, TapUp } from './simulated-tap.js';

export interface AgentKernelsContext {
  readonly machine: Machine;
  readonly life: Life;
  readonly clock: Clock;
  readonly token: string;
}

export class AgentKernels implements Kernels {
  readonly taps = new Set<AgentTap>();
  readonly controls = new Set<AgentControl>();

  constructor(private readonly context: AgentKernelsContext) {}

  find(): Promise<SessionKernel | undefined> {
    const { machine, life } = this.context;
    return machine.ask(life, ({ kernel }) => kernel && named(kernel));
  }

  start(): Promise<SessionKernel> {
    const { machine, life } = this.context;
    return machine.ask(life, server => named(server.startKernel()));
  }

  async attach(
    kernelId: string,
    after: TapPosition | undefined,
    listener: TapListener
  ): Promise<{ tap: KernelTap; attached: TapAttached }> {
    const tap = new AgentTap(this.context, kernelId, listener);
    this.taps.add(tap);
    return { tap, attached: await tap.connect(after) };
  }

  control(kernel: SessionKernel): KernelControl {
    const control = new AgentControl(this.context, kernel.kernelId);
    this.controls.add(control);
    return control;
  }
}

class AgentTap implements KernelTap {
  socket: TapSocket | undefined;
  #position: TapPosition = { tap: '', seq: 0 };
  #acknowledged = 0;
  #run: WatchedRun | undefined;
  #closed = false;

  constructor(
    private readonly context: AgentKernelsContext,
    readonly kernelId: string,
    private readonly listener: TapListener
  ) {}

  acknowledge(seq: number): void {
    if (seq > this.#acknowledged) {
      this.#acknowledged = seq;
      this.socket?.up.send({ ack: seq });
    }
  }

  watch(run: WatchedRun | undefined): void {
    this.#run = run;
    this.socket?.up.send({ run: run?.executionId ?? null });
  }

  hold(): void {}

  close(): void {
    this.#closed = true;
    this.socket?.closeByClient();
    this.socket = undefined;
  }

  async connect(after: TapPosition | undefined): Promise<TapAttached> {
    const { machine, life, token } = this.context;
    let attached = false;
    return new Promise((resolve, reject) => {
      const take = (message: TapDown): void => {
        if ('attached' in message) {
          attached = true;
          this.#position = { tap: message.attached.tap, seq: message.attached.seq };
          this.socket?.up.send({ ack: this.#acknowledged });
          if (this.#run !== undefined) {
            this.watch(this.#run);
          }
          resolve({ ...message.attached, lost: after !== undefined && message.attached.lost });
        } else if (!this.#closed && message.item.seq > this.#position.seq) {
          this.#position = { ...this.#position, seq: message.item.seq };
          this.listener.onItems([message.item]);
        }
      };
      const ended = (code: number): void => {
        this.socket = undefined;
        if (code === 4409 || code === 4403) {
          reject(new Error(`closed with ${code}`));
          this.#takenAway(`This runtime may not go on (${code}).`);
        } else if (attached && !this.#closed) {
          this.#mendLater(this.context.clock.now(), 0);
        } else {
          reject(new Error(`The kernel tap could not be reached (${code}).`));
        }
      };
      machine
        .ask(life, server => {
          const { kernel } = server;
          if (kernel?.kernelId !== this.kernelId) {
            return undefined;
          }
          const socket = server.open<TapUp, TapDown>(
            token,
            own => ({
              take: message => {
                if ('ack' in message) {
                  kernel.tap.acknowledge(message.ack);
                } else {
                  kernel.tap.run = message.run;
                }
              },
              ended: () => kernel.tap.leave(own)
            }),
            { take: life.guarded(take), ended: life.guarded(ended) }
          );
          if (socket.down.open) {
            kernel.tap.enter(socket, after);
          }
          if (this.#closed || !life.alive) {
            socket.closeByClient();
          } else {
            this.socket = socket;
          }
          return socket;
        })
        .then(
          socket => socket === undefined && reject(new Error('The kernel is gone (404).')),
          reject
        );
    });
  }

  #mendLater(cutAt: number, attempt: number): void {
    const { clock } = this.context;
    const wait = attempt === 0 ? 10 : Math.min(2000, 50 * 2 ** attempt);
    clock.after(wait, () => void this.#mend(cutAt, attempt));
  }

  async #mend(cutAt: number, attempt: number): Promise<void> {
    if (this.#closed) {
      return;
    }
    const { tap } = this.#position;
    const { clock, life } = this.context;
    try {
      const attached = await this.connect(this.#position);
      if (attached.lost || attached.tap !== tap) {
        life.guarded(() => this.#lose('Messages of the kernel were lost.'))();
      }
    } catch (error) {
      if (String(error).includes('gone') || clock.now() - cutAt > 30_000) {
        life.guarded(() => this.#lose(String(error)))();
      } else {
        this.#mendLater(cutAt, attempt + 1);
      }
    }
  }

  #takenAway(reason: string): void {
    if (!this.#closed) {
      this.close();
      this.listener.onTakenAway(reason);
    }
  }

  #lose(reason: string): void {
    if (!this.#closed) {
      this.close();
      this.listener.onLost(reason);
    }
  }
}

class AgentControl implements KernelControl {
  readonly socket: ControlSocket | undefined;
  readonly #replies = new Map<string, (reply: ExecuteReply) => void>();
  readonly #cut: (() => void)[] = [];
  #ended = false;
  #asked: (question: KernelQuestion) => void = () => undefined;

  constructor(
    private readonly context: AgentKernelsContext,
    readonly kernelId: string
  ) {
    const { machine, life, token, clock } = context;
    const ended = life.guarded(() => {
      this.#ended = true;
      this.#cut.splice(0).forEach(listener => listener());
    });
    const take = life.guarded((message: ControlDown) => {
      if ('question' in message) {
        this.#asked(message.question);
      } else {
        this.#replies.get(message.id)?.(message.reply);
      }
    });
    this.socket = machine.server?.openControl(token, kernelId, { take, ended });
    if (this.socket === undefined) {
      clock.after(100, ended);
    }
    // JupyterLab's client asks what the kernel is; at times the agent speaks to its widgets, too.
    for (let own = machine.chance.happens(0.5) ? machine.chance.below(6) : 0; own >= 0; own -= 1) {
      this.probe(machine.nextId('own'));
    }
  }

  execute(
    id: ExecutionId,
    code: string,
    _metadata: unknown,
    onReply: (reply: ExecuteReply) => void
  ): void {
    this.#replies.set(id, onReply);
    this.socket?.up.send({ type: 'execute', id, code });
  }

  probe(id: string): void {
    this.socket?.up.send({ type: 'probe', id });
  }

  /** The simulated kernel says nothing of itself. */
  onInfo(): void {}

  onQuestion(listener: (question: KernelQuestion) => void): void {
    this.#asked = listener;
  }

  answer(id: string, value: string, onSending: () => void): void {
    // It may be cut already, and not know it.
    if (!this.#ended) {
      onSending();
      this.socket?.up.send({ type: 'answer', id, value });
      this.context.machine.answering = id;
    }
  }

  /** Nor has it widgets. */
  sendComm(): string {
    return '';
  }

  askWidgets(): void {}

  onCut(listener: () => void): void {
    this.#cut.push(listener);
  }

  interrupt(): Promise<void> {
    const { machine, life } = this.context;
    return machine.ask(life, ({ kernel }) => kernel?.process.interrupt());
  }

  restart(): Promise<void> {
    const { machine, life } = this.context;
    return machine.ask(life, server => server.replaceKernel(false));
  }

  close(): void {
    this.#cut.length = 0;
    this.#replies.clear();
    this.socket?.closeByClient();
  }
}

function named({ sessionId, kernelId, kernelName }: SessionKernel): SessionKernel {
  return { sessionId, kernelId, kernelName };
}
