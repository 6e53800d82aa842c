/**
 * Uploads to the host, through Jupyter Server (docs/PROTOCOL.md, Artifacts). Guarantees: an answer that
 * says it may pass is asked for again for half a minute; what is refused for good, or for longer than that, is
 * refused at once from then on, until something is taken again, so that a run does not wait each time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ArtifactLink } from '../../schema/index.js';
import type { ServerAccess } from '../ports/runtime.js';
import { UploadRefused, type Uploads } from '../ports/uploads.js';
import { HostConnection } from './host-connection.js';

/** Milliseconds. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;

const BYTES = 'application/octet-stream';

/** Statuses that may pass; of the 5xx all but 507, a full disk. */
function mayPass(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 507);
}

export class HostUploads implements Uploads {
  readonly #access: ServerAccess;
  readonly #stream: string;
  readonly #patience: number;
  readonly #connection = new HostConnection();
  #refused = false;

  /** `stream` is the notebook's; `patience` in milliseconds. */
  constructor(access: ServerAccess, stream: string, patience = PATIENCE) {
    this.#access = access;
    this.#stream = stream;
    this.#patience = patience;
  }

  async append(upload: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#post(upload, { offset: String(offset) }, BYTES, bytes);
  }

  async keep(upload: string, bytes: Uint8Array, mediaType: string): Promise<ArtifactLink> {
    const said = await this.#post(upload, { offset: '0', commit: mediaType }, BYTES, bytes);
    return ArtifactLink.parse(said);
  }

  async commit(upload: string, length: number, mediaType: string): Promise<ArtifactLink> {
    const body = Buffer.from(JSON.stringify({ mediaType }));
    const said = await this.#post(
      `${upload}/commit`,
      { length: String(length) },
      'application/json',
      body
    );
    return ArtifactLink.parse(said);
  }

  async #post(
    path: string,
    query: Readonly<Record<string, string>>,
    type: string,
    body: Uint8Array
  ): Promise<unknown> {
    const url = new URL(`colophon/api/artifacts/uploads/${path}`, this.#access.baseUrl);
    url.search = new URLSearchParams({ stream: this.#stream, ...query }).toString();
    const began = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      const { said, reason, final } = await this.#try(url, type, body);
      if (reason === undefined) {
        this.#refused = false;
        return said;
      }
      if (final || this.#refused || performance.now() - began > this.#patience) {
        this.#refused = true;
        throw new UploadRefused(reason);
      }
      await delay(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt));
    }
  }

  async #try(
    url: URL,
    type: string,
    body: Uint8Array
  ): Promise<{ said?: unknown; reason?: string; final?: boolean }> {
    try {
      const headers = { 'Colophon-Agent-Token': this.#access.token, 'Content-Type': type };
      const { status, said } = await this.#connection.post(url, headers, body);
      if (status >= 200 && status < 300) {
        return { said };
      }
      const { detail, title } = said as { detail?: string; title?: string };
      return { reason: detail ?? title ?? `status ${status}`, final: !mayPass(status) };
    } catch {
      return { reason: 'The host could not be reached.' };
    }
  }
}
