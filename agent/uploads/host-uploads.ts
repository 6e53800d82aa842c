/**
 * Uploads to the host (docs/PROTOCOL.md, Artifacts): its own address, or through Jupyter Server. Guarantees: an answer that
 * says it may pass is asked for again for half a minute; what is refused for good, or for longer than that, is
 * refused at once from then on, until something is taken again, so that a run does not wait each time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ArtifactLink } from '../../schema/index.js';
import type { ServerAccess } from '../ports/runtime.js';
import { UploadRefused, type Uploads } from '../ports/uploads.js';
import { HostConnection } from './host-connection.js';
import { ValueRequests, type WaitingValue } from './value-requests.js';

/** Milliseconds. */
const PATIENCE = 30_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;

/** The answer to several values, in their order. */
const Links = z.object({ links: z.array(ArtifactLink) });

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
  readonly #values = new ValueRequests<ArtifactLink>(values => this.#keepAll(values));
  #refused = false;

  /** Below `access.baseUrl` is the API; `stream` is the notebook's; `patience` in milliseconds. */
  constructor(access: ServerAccess, stream: string, patience = PATIENCE) {
    this.#access = access;
    this.#stream = stream;
    this.#patience = patience;
  }

  async append(upload: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#post(`/${upload}`, { offset: String(offset) }, BYTES, [bytes]);
  }

  keep(upload: string, bytes: Uint8Array, mediaType: string): Promise<ArtifactLink> {
    return this.#values.add({ upload, bytes, mediaType });
  }

  async commit(upload: string, length: number, mediaType: string): Promise<ArtifactLink> {
    const body = Buffer.from(JSON.stringify({ mediaType }));
    const said = await this.#post(
      `/${upload}/commit`,
      { length: String(length) },
      'application/json',
      [body]
    );
    return ArtifactLink.parse(said);
  }

  async #keepAll(values: readonly WaitingValue<ArtifactLink>[]): Promise<readonly ArtifactLink[]> {
    const head = values.map(({ upload, mediaType, bytes }) => ({
      ...{ upload, mediaType, bytes: bytes.length }
    }));
    const body = [Buffer.from(`${JSON.stringify(head)}\n`), ...values.map(({ bytes }) => bytes)];
    const { links } = Links.parse(await this.#post('', {}, BYTES, body));
    if (links.length !== values.length) {
      throw new Error(`The host has stored ${links.length} of ${values.length} values.`);
    }
    return links;
  }

  async #post(
    path: string,
    query: Readonly<Record<string, string>>,
    type: string,
    body: readonly Uint8Array[]
  ): Promise<unknown> {
    const url = new URL(`api/artifacts/uploads${path}`, this.#access.baseUrl);
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
    body: readonly Uint8Array[]
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
