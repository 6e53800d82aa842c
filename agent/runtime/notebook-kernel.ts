/**
 * The kernel of one notebook with its tap and its control attached, through the ends and beginnings of
 * its process. Guarantees: the tap is attached before anything is sent.
 */
import type { FromAgent } from '../../schema/index.js';
import type { Clock } from '../ports/inputs.js';
import type {
  KernelChange,
  KernelControl,
  Kernels,
  SessionKernel,
  TapAttached,
  TapItem,
  TapPosition
} from '../ports/runtime.js';
import { HeardTap, type TapConsumer } from './heard-tap.js';
import { KernelRecovery } from './kernel-recovery.js';
import { LastingControl, type ControlListener } from './lasting-control.js';

/** The tap that is lost is let go before that is told. */
export interface KernelConsumer extends TapConsumer, ControlListener {
  /** Another kernel, or the same anew, before anything of it is told. */
  onAttached(kernel: SessionKernel): void;
}

interface Seat {
  readonly kernel: SessionKernel;
  readonly control: LastingControl;
}

export class NotebookKernel {
  readonly tap: HeardTap;
  readonly #kernels: Pick<Kernels, 'control'>;
  readonly #clock: Clock;
  readonly #report: (message: FromAgent) => void;
  readonly #consumer: KernelConsumer;
  readonly #recovery: KernelRecovery;
  #seat: Seat | undefined;

  constructor(
    kernels: Pick<Kernels, 'attach' | 'control'>,
    clock: Clock,
    report: (message: FromAgent) => void,
    consumer: KernelConsumer
  ) {
    this.#kernels = kernels;
    this.#clock = clock;
    this.#report = report;
    this.#consumer = consumer;
    this.#recovery = new KernelRecovery(clock);
    this.tap = new HeardTap(kernels, clock, {
      onItem: item => this.#take(item),
      onLost: reason => {
        this.close();
        consumer.onLost(reason);
      },
      onEnvironment: told => consumer.onEnvironment(told),
      onTakenAway: reason => consumer.onTakenAway(reason)
    });
  }

  get current(): SessionKernel | undefined {
    return this.#seat?.kernel;
  }

  get control(): KernelControl | undefined {
    return this.#seat?.control.current;
  }

  /** Whether its process ends, or another one starts: what is sent now may be lost. */
  get ends(): boolean {
    return this.#recovery.pending;
  }

  /** Settles when it can be used again, or is gone. */
  get recovered(): Promise<void> {
    return this.#recovery.done;
  }

  /**
   * Attaches to this kernel in place of the one before. `after`: behind this position, which an earlier
   * agent reached; items then wait until the tap's `release`. Rejects if the kernel does not exist.
   */
  attach(kernel: SessionKernel, after?: TapPosition): Promise<TapAttached> {
    this.close();
    this.#consumer.onAttached(kernel);
    return this.tap.attach(kernel.kernelId, after, () => {
      const control = new LastingControl(kernel, {
        kernels: this.#kernels,
        clock: this.#clock,
        recovery: this.#recovery,
        listener: this.#consumer
      });
      this.#seat = { kernel, control };
      this.#tell(kernel, 'attached');
    });
  }

  /**
   * Has the kernel's process replaced, if there is a kernel; nothing is sent until the tap hears the
   * new one. Rejects when the server does not restart it.
   */
  async restart(): Promise<void> {
    if (this.control === undefined) {
      return;
    }
    this.#recovery.begin();
    try {
      await this.control.restart();
    } catch (error) {
      this.#recovery.end();
      throw error;
    }
  }

  /** Connects anew; what waited on the connection before goes with it. */
  renewControl(): void {
    this.#seat?.control.renew();
  }

  close(): void {
    this.#recovery.end();
    this.tap.close();
    this.#seat?.control.close();
    this.#seat = undefined;
  }

  #take(item: TapItem): void {
    const seat = this.#seat;
    this.#consumer.onItem(item);
    this.#recovery.hear(item);
    if (seat === undefined || !('event' in item)) {
      return;
    }
    this.#tell(seat.kernel, item.event);
    if (item.event === 'shut-down') {
      this.close();
    } else if (item.event === 'restarted') {
      seat.control.replace();
    }
  }

  #tell({ kernelId, kernelName }: SessionKernel, change: 'attached' | KernelChange): void {
    this.#report({ type: 'kernel', change, kernelId, kernelName });
  }
}
