/** The host's store as an agent reaches it, with the patience of agent/uploads. */
import { MEANING } from '../../agent/api/refusal.js';
import type { Artifacts } from '../../agent/loop/artifacts.js';
import type { Clock } from '../../agent/ports/inputs.js';
import { UploadRefused, type Uploads } from '../../agent/ports/uploads.js';
import type { ArtifactLink, Rejection } from '../../schema/index.js';
import { askHost } from './host-requests.js';
import type { Life } from './life.js';
import { STREAM, type Machine } from './machine.js';

const PATIENCE = 30_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;
const RUNTIME = { username: 'colophon-runtime', may: ['contents:read' as const], runtime: STREAM };

type Refused = { readonly rejection: Rejection };

export interface AgentUploadsContext {
  readonly machine: Machine;
  readonly life: Life;
  readonly clock: Clock;
  readonly token: string;
}

export class AgentUploads implements Uploads {
  #refused = false;

  constructor(private readonly context: AgentUploadsContext) {}

  async append(upload: string, offset: number, bytes: Uint8Array): Promise<void> {
    const what = { stream: STREAM, upload, offset };
    this.#note(upload);
    await this.#ask(artifacts => artifacts.upload(RUNTIME, what, bytes));
  }

  keep(upload: string, bytes: Uint8Array, mediaType: string): Promise<ArtifactLink> {
    const what = { stream: STREAM, upload, mediaType };
    this.#note(upload);
    return this.#ask(artifacts => artifacts.keep(RUNTIME, what, bytes));
  }

  commit(upload: string, length: number, mediaType: string): Promise<ArtifactLink> {
    const what = { stream: STREAM, upload, length, mediaType };
    return this.#ask(artifacts => artifacts.commit(RUNTIME, what));
  }

  /** The id of an upload is that of its run, and a number. */
  #note(upload: string): void {
    this.context.machine.stored.runs.add(upload.replace(/-\d+$/, ''));
  }

  async #ask<T extends object>(work: (artifacts: Artifacts) => Promise<T | Refused>): Promise<T> {
    const { machine, life, clock, token } = this.context;
    const began = clock.now();
    for (let attempt = 0; ; attempt += 1) {
      const answer = await askHost(machine, life, token, ({ loop: { artifacts } }) =>
        artifacts === null ? Promise.reject(new Error('no store')) : work(artifacts)
      );
      if (typeof answer === 'object' && !('rejection' in answer)) {
        this.#refused = false;
        return answer;
      }
      if (typeof answer === 'object' && answer.rejection.code === 'journal-full') {
        machine.stored.refusals += 1;
      }
      const { reason, passes } = told(answer);
      if (!passes || this.#refused || clock.now() - began > PATIENCE) {
        this.#refused = true;
        throw new UploadRefused(reason);
      }
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
      await new Promise<void>(resolve => clock.after(pause, resolve));
    }
  }
}

function told(answer: Refused | 'unreachable' | 'forbidden'): { reason: string; passes: boolean } {
  if (typeof answer === 'string') {
    return { reason: answer, passes: answer === 'unreachable' };
  }
  const { code, detail } = answer.rejection;
  const { status } = MEANING[code];
  return { reason: detail, passes: status >= 500 && status !== 507 };
}
