/** A notebook whose runtime stores output outside the document, on a real host. */
import { createHash } from 'node:crypto';
import { ARTIFACT_MIME, type ArtifactLink, type Event } from '../../../schema/index.js';
import { FakeRoom, person } from './fake-room.js';
import { type FakeServer } from './host-process.js';

export const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What an output refers to, as a display. */
export function displayOf(link: object) {
  const value = { v: 1, kind: 'stream', name: 'stdout', text: link };
  return {
    output_type: 'display_data',
    data: { [ARTIFACT_MIME]: value, 'text/plain': '12 lines more\nend\n' },
    metadata: {}
  };
}

/** A refusal's status and code, or the answer. */
export interface Told {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export class ArtifactWorld {
  readonly room: FakeRoom;
  readonly runtime: string;

  constructor(
    readonly server: FakeServer,
    readonly fileId: string
  ) {
    this.room = new FakeRoom(server, fileId, `${fileId}.ipynb`);
    this.runtime = `runtime of ${fileId}`;
    server.runtimes.set(this.runtime, this.room.stream);
  }

  get stream(): string {
    return this.room.stream;
  }

  /** Opens the notebook with one cell. */
  async open(): Promise<this> {
    this.room.open('1');
    await this.server.settled();
    return this;
  }

  address(what: string, query: Record<string, string | number> = {}): string {
    const text = new URLSearchParams({ stream: this.stream });
    Object.entries(query).forEach(([name, value]) => text.set(name, String(value)));
    return `artifacts/${what}?${text.toString()}`;
  }

  /** Writes to an upload, as the runtime if nobody else is named. */
  async piece(
    id: string,
    offset: number,
    bytes: string | Buffer,
    by = this.runtime
  ): Promise<Told> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    const body = new Uint8Array(Buffer.from(bytes));
    return this.#told(
      this.address(`uploads/${id}`, { offset }),
      { method: 'POST', headers, body },
      by
    );
  }

  async commit(
    id: string,
    length: number,
    mediaType = 'text/plain',
    by = this.runtime
  ): Promise<Told> {
    const body = JSON.stringify({ mediaType });
    return this.#told(
      this.address(`uploads/${id}/commit`, { length }),
      { method: 'POST', body },
      by
    );
  }

  /** Stores whole values in one request, as the runtime if nobody else is named. */
  async values(
    values: readonly (readonly [upload: string, bytes: string, mediaType?: string])[],
    by = this.runtime
  ): Promise<Told & { readonly links: readonly ArtifactLink[] }> {
    const head = values.map(([upload, bytes, mediaType = 'image/png']) => ({
      ...{ upload, mediaType, bytes: Buffer.byteLength(bytes) }
    }));
    const body = `${JSON.stringify(head)}\n${values.map(([, bytes]) => bytes).join('')}`;
    const told = await this.body(body, by);
    return { ...told, links: (told.body['links'] ?? []) as ArtifactLink[] };
  }

  /** Sends such a body as it is. */
  body(body: string, by = this.runtime): Promise<Told> {
    return this.#told(this.address('uploads'), { method: 'POST', body }, by);
  }

  /** Uploads and commits; the link. */
  async store(id: string, text: string | Buffer, mediaType = 'text/plain'): Promise<ArtifactLink> {
    await this.piece(id, 0, text);
    const { status, body } = await this.commit(id, Buffer.byteLength(text), mediaType);
    if (status !== 200) {
      throw new Error(JSON.stringify(body));
    }
    return body as unknown as ArtifactLink;
  }

  get(what: string, query: Record<string, string | number> = {}, by = 'ada', headers = {}) {
    return this.server.fetch(this.address(what, query), { headers }, by, { hostile: true });
  }

  /** The text behind a hash or an upload, or the status of the refusal. */
  async text(what: string, by = 'ada'): Promise<string | number> {
    const response = await this.get(what, { type: 'text/plain' }, by);
    return response.ok ? response.text() : response.status;
  }

  /** Puts these outputs into the cell, and waits until the host knows. */
  async outputs(...outputs: object[]): Promise<void> {
    this.room.as(person('ada'), notebook => {
      const cell = notebook.getCell(0) as unknown as { setOutputs(value: object[]): void };
      cell.setOutputs(outputs);
    });
    await this.server.settled();
  }

  /** Events about artifacts. */
  async told(): Promise<Event[]> {
    const events = await this.server.events(this.stream);
    return events.filter(event => event.type.startsWith('artifact.'));
  }

  async #told(path: string, init: RequestInit, by: string): Promise<Told> {
    const response = await this.server.fetch(path, init, by, { hostile: true });
    return { status: response.status, body: (await response.json()) as Told['body'] };
  }
}
