/**
 * The runtime agent but for its process and its sockets: joins the notebook's room, gives the host's
 * messages to the runtime, and leaves. Guarantees: one that is asked to stop leaves no cell that seems
 * to run, if it can still reach the room; one whose host is gone leaves at once, for the next one goes on.
 */
import type { FromAgent, ToAgent } from '../../schema/index.js';
import { reasonOf } from '../core/explain.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { EnteredRoom, Kernels } from '../ports/runtime.js';
import { NotebookRuntime } from './notebook-runtime.js';

export type Join = Extract<ToAgent, { type: 'join' }>;

/** The host kills what has not left after five seconds. Milliseconds. */
const LEAVE_WITHIN = 4500;

/** So long a kernel that starts keeps the agent from being ready. Milliseconds. */
const ATTACHED_WITHIN = 3000;

/** The notebook's room, which is told when the file was renamed. */
export type JoinedRoom = EnteredRoom & { moved(path: string): void };

export interface AgentWorld {
  readonly kernels: (join: Join) => Kernels;
  /** Rejects when the room cannot be joined. */
  readonly room: (join: Join) => Promise<JoinedRoom>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (message: FromAgent) => void;
  /** Tells why and ends the process at once. */
  readonly fail: (reason: string) => never;
  /** Ends the process, with code 0. */
  readonly exit: () => void;
  /** For the log, one line. */
  readonly note: (line: string) => void;
}

export class NotebookAgent {
  readonly #world: AgentWorld;
  #runtime: NotebookRuntime | undefined;
  #entering: Promise<JoinedRoom> | undefined;
  #room: JoinedRoom | undefined;
  #stopping = false;

  constructor(world: AgentWorld) {
    this.#world = world;
  }

  take(message: ToAgent): void {
    switch (message.type) {
      case 'join':
        this.#join(message).catch((error: unknown) => this.#world.fail(reasonOf(error)));
        break;
      case 'run': {
        const { type: _type, ...run } = message;
        this.#runtime?.run(run);
        break;
      }
      case 'answer-input':
        this.#runtime?.answer(message);
        break;
      case 'interrupt':
        this.#runtime?.interrupt();
        break;
      case 'restart-kernel':
        this.#runtime?.restartKernel();
        break;
      case 'moved':
        this.#runtime?.moved(message.path);
        this.#room?.moved(message.path);
        break;
      case 'stop':
        void this.#stop();
        break;
    }
  }

  /** Late outputs are being stored: the kernel's tap gives nothing more until it is called with false. */
  hold(held: boolean): void {
    this.#runtime?.hold('late outputs', held);
  }

  /** Nothing more will come from the host. */
  inputEnded(): void {
    if (!this.#stopping) {
      void this.#leave();
    }
  }

  async #join(join: Join): Promise<void> {
    const { kernels, room, clock, ids, report, fail, note } = this.#world;
    const runtime = new NotebookRuntime(join.path, {
      ...{ kernels: kernels(join), clock, ids, report, fail, note }
    });
    this.#runtime = runtime;
    if (join.resume !== undefined) {
      runtime.resume(join.resume);
    }
    this.#entering = room(join);
    // A run that goes on attaches to the tap at its own place.
    const attached = join.resume === undefined ? runtime.attach() : Promise.resolve();
    this.#room = await this.#entering;
    // A kernel that does not answer keeps its runs waiting, which can be interrupted, and not the agent.
    await Promise.race([attached, this.#elapsed(ATTACHED_WITHIN)]);
    if (!this.#stopping) {
      runtime.enter(this.#room);
    }
  }

  #elapsed(time: number): Promise<void> {
    return new Promise(resolve => this.#world.clock.after(time, resolve));
  }

  /** Whoever runs the cell goes on or has given up: here, nobody runs it any more. */
  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#world.clock.after(LEAVE_WITHIN, () => void this.#leave());
    const givenUp = this.#runtime?.giveUpQuestion();
    await this.#runtime?.close();
    await givenUp;
    // Failing to join ends the process by itself.
    const room = await this.#entering?.catch(() => undefined);
    room?.quieten();
    await room?.confirmed();
    await this.#leave();
  }

  async #leave(): Promise<void> {
    void this.#runtime?.close();
    await this.#room?.leave();
    this.#world.exit();
  }
}
