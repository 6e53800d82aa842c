/**
 * The control of one kernel for as long as it is attached. Guarantees: a connection that was cut is
 * replaced, but not while the kernel's process ends, and whoever waits for an answer is told.
 */
import type { Clock } from '../ports/inputs.js';
import type {
  KernelControl,
  KernelInfo,
  KernelQuestion,
  Kernels,
  SessionKernel
} from '../ports/runtime.js';
import type { KernelRecovery } from './kernel-recovery.js';

/** Not at once: a kernel that refuses would be asked in a tight loop. Milliseconds. */
const PAUSE_BEFORE_RENEWAL = 200;

export interface ControlListener {
  /** What the kernel says of itself. */
  onInfo(info: KernelInfo): void;
  /** The kernel asks a person. */
  onQuestion(question: KernelQuestion): void;
  /** The connection was cut and replaced; a request may have been lost with it. */
  onControlReplaced(): void;
}

export interface ControlWorld {
  readonly kernels: Pick<Kernels, 'control'>;
  readonly clock: Clock;
  readonly recovery: Pick<KernelRecovery, 'done'>;
  readonly listener: ControlListener;
}

export class LastingControl {
  readonly #kernel: SessionKernel;
  readonly #world: ControlWorld;
  #control: KernelControl;
  #closed = false;

  constructor(kernel: SessionKernel, world: ControlWorld) {
    this.#kernel = kernel;
    this.#world = world;
    this.#control = this.#connect();
  }

  /** The connection as it is now. */
  get current(): KernelControl {
    return this.#control;
  }

  /** Connects anew, to another process. */
  replace(): void {
    this.#control.close();
    this.#control = this.#connect();
  }

  /** Connects anew to the same process; what waited on the connection before goes with it. */
  renew(): void {
    this.replace();
    this.#world.listener.onControlReplaced();
  }

  close(): void {
    this.#control.close();
    this.#closed = true;
  }

  #connect(): KernelControl {
    const { kernels, clock, recovery, listener } = this.#world;
    const control = kernels.control(this.#kernel);
    control.onInfo(info => listener.onInfo(info));
    control.onQuestion(question => listener.onQuestion(question));
    const renew = () => {
      if (this.#isAt(control)) {
        this.renew();
      }
    };
    control.onCut(() => {
      if (this.#isAt(control)) {
        // A kernel that restarts is connected to when the tap hears it: two connections to it could
        // take each other's place.
        clock.after(PAUSE_BEFORE_RENEWAL, () => void recovery.done.then(renew));
      }
    });
    return control;
  }

  #isAt(control: KernelControl): boolean {
    return !this.#closed && this.#control === control;
  }
}
