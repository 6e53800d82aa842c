/** The kernels of one Jupyter Server, for the runtime of one notebook. */
import type {
  KernelControl,
  Kernels,
  KernelTap,
  ServerAccess,
  SessionKernel,
  TapAttached,
  TapListener,
  TapPosition
} from '../ports/runtime.js';
import { ServicesKernelControl } from './kernel-control.js';
import { AttachedKernelTap } from './kernel-tap.js';
import { findSession, startSession } from './notebook-session.js';

export class ServerKernels implements Kernels {
  readonly #access: ServerAccess;
  readonly #session: string;

  /** `session` names the runtime of this notebook towards kernels; see ServicesKernelControl. */
  constructor(access: ServerAccess, session: string) {
    this.#access = access;
    this.#session = session;
  }

  find(path: string): Promise<SessionKernel | undefined> {
    return findSession(this.#access, path);
  }

  start(path: string, name: string | undefined): Promise<SessionKernel> {
    return startSession(this.#access, path, name);
  }

  attach(
    kernelId: string,
    after: TapPosition | undefined,
    listener: TapListener
  ): Promise<{ tap: KernelTap; attached: TapAttached }> {
    return AttachedKernelTap.attach(this.#access, kernelId, after, listener);
  }

  control(kernel: SessionKernel): KernelControl {
    return new ServicesKernelControl(this.#access, kernel, this.#session);
  }
}
