/**
 * What the kernel runs in, as the kernel and the server tell it: told to the host once both have
 * spoken, again when it changes. Nothing waits for it: a run that ends before is named with it later.
 */
import { canonical } from '../core/record/canonical.js';
import { digestOf } from '../core/digest.js';
import type { Digest, ExecutionId, FromAgent } from '../../schema/index.js';
import type { KernelInfo, SessionKernel, ToldEnvironment } from '../ports/runtime.js';

type Report = Extract<FromAgent, { type: 'environment' }>;

export class KernelEnvironment {
  readonly #report: (message: FromAgent) => void;
  #kernel: SessionKernel | undefined;
  #info: KernelInfo | undefined;
  #told: ToldEnvironment | undefined;
  #digest: Digest | undefined;
  #ended: ExecutionId[] = [];

  constructor(report: (message: FromAgent) => void) {
    this.#report = report;
  }

  /** The agent works with this kernel from now on; nothing is known of it yet. */
  attached(kernel: SessionKernel): void {
    this.#kernel = kernel;
    this.#info = undefined;
    this.#told = undefined;
    this.#digest = undefined;
    this.#ended = [];
  }

  /** The kernel's own word; it may come again. */
  said(info: KernelInfo): void {
    this.#info = info;
    this.#settle();
  }

  /** The server's word; null: it has changed, and is being read. */
  told(told: ToldEnvironment | null): void {
    this.#told = told ?? undefined;
    this.#digest = undefined;
    this.#settle();
  }

  /** What a run that ends now ran in; undefined if that is not known yet. */
  ofEnded(executionId: ExecutionId): Digest | undefined {
    if (this.#digest === undefined) {
      this.#ended.push(executionId);
    }
    return this.#digest;
  }

  #settle(): void {
    if (this.#kernel !== undefined && this.#info !== undefined && this.#told !== undefined) {
      const report = reportOf(this.#kernel, this.#info, this.#told, this.#ended);
      if (report.environment !== this.#digest || this.#ended.length > 0) {
        this.#digest = report.environment;
        this.#ended = [];
        this.#report(report);
      }
    }
  }
}

function reportOf(
  { kernelId, kernelName }: SessionKernel,
  info: KernelInfo,
  told: ToldEnvironment,
  executionIds: ExecutionId[]
): Report {
  const packageList = 'unknown' in told ? undefined : [...told.packages];
  const environment = {
    kernelName,
    ...info,
    interpreter: 'unknown' in told ? null : told.interpreter,
    prefix: 'unknown' in told ? null : told.prefix,
    packages: packageList === undefined ? null : digestOf(packageList.join('\n'))
  };
  return {
    type: 'environment',
    environment: digestOf(canonical(environment)),
    kernelId,
    ...environment,
    ...('unknown' in told ? { unknown: told.unknown } : { packageList: [...told.packages] }),
    executionIds
  };
}
