/**
 * The kernel of one notebook: the one of its session, with its tap and its control attached. When Lab
 * switches kernels, the next run gets the new one. Guarantees: the tap is attached before anything is
 * sent; items go to one consumer, in order, and wait while there is none ready.
 */
import type { FromAgent } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import type {
  KernelChange,
  KernelControl,
  KernelInfo,
  KernelQuestion,
  Kernels,
  KernelTap,
  SessionKernel,
  TapAttached,
  TapItem,
  TapPosition,
  ToldEnvironment,
  WatchedRun
} from '../ports/runtime.js';

const ACKNOWLEDGE_EVERY = 1000;

/** How long a kernel that died or restarts is waited for. Milliseconds. */
const RECOVERY_PATIENCE = 10_000;

export interface KernelConsumer {
  onItem(item: TapItem): void;
  /** The kernel asks a person. */
  onQuestion(question: KernelQuestion): void;
  /** The tap cannot go on, in words for a person; the kernel is let go. */
  onLost(reason: string): void;
  /** Another kernel, or the same anew, before anything of it is told. */
  onAttached(kernel: SessionKernel): void;
  /** What the kernel says of itself. */
  onInfo(info: KernelInfo): void;
  /** What the kernel runs in; see TapListener. */
  onEnvironment(told: ToldEnvironment | null): void;
  /** This runtime may not go on; see TapListener. */
  onTakenAway(reason: string): void;
  /** The control's connection was cut and replaced; a request may have been lost with it. */
  onControlReplaced(): void;
}

interface Seat {
  readonly kernel: SessionKernel;
  readonly tap: KernelTap;
  control: KernelControl;
  position: TapPosition;
}

export class NotebookKernel {
  readonly #kernels: Kernels;
  readonly #clock: Clock;
  readonly #report: (message: FromAgent) => void;
  readonly #consumer: KernelConsumer;
  #path: string;
  #seat: Seat | undefined;
  #held: TapItem[] | undefined;
  readonly #holders = new Set<string>();
  #acknowledging = false;
  #turn: Promise<unknown> = Promise.resolve();
  #attaching = 0;
  #recovery: { readonly done: Promise<void>; readonly settle: () => void } | undefined;

  constructor(
    kernels: Kernels,
    path: string,
    clock: Clock,
    report: (message: FromAgent) => void,
    consumer: KernelConsumer
  ) {
    this.#kernels = kernels;
    this.#path = path;
    this.#clock = clock;
    this.#report = report;
    this.#consumer = consumer;
  }

  get current(): SessionKernel | undefined {
    return this.#seat?.kernel;
  }

  get control(): KernelControl | undefined {
    return this.#seat?.control;
  }

  /** The last item that the consumer got. */
  get position(): TapPosition | undefined {
    return this.#seat?.position;
  }

  moved(path: string): void {
    this.#path = path;
  }

  /** Attaches to the session's kernel if there is one, it is another than now, and `mayChange`. */
  async follow(mayChange: () => boolean): Promise<void> {
    const kernel = await this.#kernels.find(this.#path);
    if (kernel !== undefined) {
      await this.#exclusively(async () => {
        if (kernel.kernelId !== this.current?.kernelId && mayChange()) {
          await this.#attach(kernel, undefined);
        }
      });
    }
  }

  /** The notebook's kernel, started if there is none. Throws KernelUnavailable. */
  async ensure(name: string | undefined): Promise<SessionKernel> {
    await this.#recovery?.done;
    if (this.#attaching === 0 && this.current !== undefined) {
      return this.current;
    }
    return this.#exclusively(async () => {
      if (this.current !== undefined) {
        return this.current;
      }
      const found = await this.#kernels.find(this.#path);
      const kernel = found ?? (await this.#kernels.start(this.#path, name));
      await this.#attach(kernel, undefined);
      return kernel;
    });
  }

  /**
   * Attaches behind a position that an earlier agent reached; undefined if the notebook has no kernel
   * or another than `kernelId` (null: any). Items wait until `release`.
   */
  async resume(kernelId: string | null, after: TapPosition): Promise<TapAttached | undefined> {
    const kernel = await this.#kernels.find(this.#path);
    if (kernel === undefined || (kernelId !== null && kernel.kernelId !== kernelId)) {
      return undefined;
    }
    this.#held = [];
    return this.#attach(kernel, after);
  }

  /** The kernel's process is being replaced: nothing is sent until the tap hears the new one. */
  awaitRestart(): void {
    if (this.#recovery === undefined) {
      let settle: () => void = () => undefined;
      const done = new Promise<void>(resolve => (settle = resolve));
      this.#recovery = { done, settle };
      this.#clock.after(RECOVERY_PATIENCE, settle);
      void done.then(() => (this.#recovery = undefined));
    }
  }

  /** The consumer is ready for the items that waited. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    held.forEach(item => this.#deliver(item));
  }

  /** The server may forget everything up to this position, if the tap is still the same. */
  acknowledge({ tap, seq }: TapPosition): void {
    if (this.#seat?.position.tap === tap) {
      this.#seat.tap.acknowledge(seq);
    }
  }

  /** While anybody holds it, the tap gives nothing more than it has read already. */
  hold(who: string, held: boolean): void {
    if (held) {
      this.#holders.add(who);
    } else {
      this.#holders.delete(who);
    }
    this.#seat?.tap.hold(this.#holders.size > 0);
  }

  /** Tells the server which run the kernel has from now on. */
  watch(run: WatchedRun | undefined): void {
    this.#seat?.tap.watch(run);
  }

  /** No run needs what has come so far: lets the server forget it, about once a second. */
  acknowledgeIdle(stillIdle: () => boolean): void {
    if (!this.#acknowledging) {
      this.#acknowledging = true;
      this.#clock.after(ACKNOWLEDGE_EVERY, () => {
        this.#acknowledging = false;
        if (this.#seat !== undefined && stillIdle()) {
          this.acknowledge(this.#seat.position);
        }
      });
    }
  }

  close(): void {
    this.#recovery?.settle();
    this.#seat?.tap.close();
    this.#seat?.control.close();
    this.#seat = undefined;
  }

  /** One attachment at a time: two would take each other's place. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#attaching += 1;
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      // Told to the caller by `result`.
      () => undefined
    );
    try {
      return await result;
    } finally {
      this.#attaching -= 1;
    }
  }

  async #attach(kernel: SessionKernel, after: TapPosition | undefined): Promise<TapAttached> {
    this.close();
    this.#consumer.onAttached(kernel);
    const early: TapItem[] = [];
    const entry: { seat?: Seat } = {};
    const { tap, attached } = await this.#kernels.attach(kernel.kernelId, after, {
      onItems: items => {
        const { seat } = entry;
        if (seat === undefined) {
          early.push(...items);
        } else {
          items.forEach(item => this.#take(seat, item));
        }
      },
      onLost: reason => {
        if (entry.seat !== undefined && entry.seat === this.#seat) {
          this.close();
          this.#consumer.onLost(reason);
        }
      },
      onEnvironment: told => {
        // The newest attachment's: an earlier one is closed.
        if (entry.seat === undefined || entry.seat === this.#seat) {
          this.#consumer.onEnvironment(told);
        }
      },
      onTakenAway: reason => this.#consumer.onTakenAway(reason)
    });
    const seat: Seat = { kernel, tap, control: this.#control(kernel), position: attached };
    entry.seat = seat;
    tap.hold(this.#holders.size > 0);
    this.#seat = seat;
    this.#report({ type: 'kernel', change: 'attached', ...named(kernel) });
    early.forEach(item => this.#take(seat, item));
    return attached;
  }

  #take(seat: Seat, item: TapItem): void {
    if (seat !== this.#seat) {
      return;
    }
    if (this.#held === undefined) {
      this.#deliver(item);
    } else {
      this.#held.push(item);
    }
  }

  #deliver(item: TapItem): void {
    const seat = this.#seat;
    if (seat === undefined) {
      return;
    }
    seat.position = { tap: seat.position.tap, seq: item.seq };
    this.#consumer.onItem(item);
    if ('limit' in item) {
      return;
    }
    if (!('event' in item)) {
      const { header, content } = item.message;
      if (header.msg_type === 'shutdown_reply' && content.restart === true) {
        this.awaitRestart();
      }
    } else {
      this.#report({ type: 'kernel', change: item.event, ...named(seat.kernel) });
      this.#follow(seat, item.event);
    }
  }

  #follow(seat: Seat, change: KernelChange): void {
    switch (change) {
      case 'shut-down':
        this.close();
        break;
      case 'died':
        // Jupyter Server starts it again; `restarted` follows.
        this.awaitRestart();
        break;
      case 'restarted':
        this.#recovery?.settle();
        this.#replaceControl(seat);
        break;
    }
  }

  #control(kernel: SessionKernel): KernelControl {
    const control = this.#kernels.control(kernel);
    control.onInfo(info => this.#consumer.onInfo(info));
    control.onQuestion(question => this.#consumer.onQuestion(question));
    control.onCut(() => {
      const seat = this.#seat;
      if (seat?.control === control) {
        // Not at once: a kernel that refuses would be asked in a tight loop.
        this.#clock.after(200, () => {
          if (seat === this.#seat && seat.control === control) {
            this.#replaceControl(seat);
            this.#consumer.onControlReplaced();
          }
        });
      }
    });
    return control;
  }

  /** Connects anew; what waited on the connection before goes with it. */
  renewControl(): void {
    if (this.#seat !== undefined) {
      this.#replaceControl(this.#seat);
      this.#consumer.onControlReplaced();
    }
  }

  #replaceControl(seat: Seat): void {
    seat.control.close();
    seat.control = this.#control(seat.kernel);
  }
}

function named(kernel: SessionKernel): { kernelId: string; kernelName: string } {
  return { kernelId: kernel.kernelId, kernelName: kernel.kernelName };
}
