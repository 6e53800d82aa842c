/**
 * The host's HTTP API, seen from the browser. Answers are as in docs/PROTOCOL.md; a refusal throws
 * RefusedError, silence throws UnreachableError.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { WholeRecord } from '../../agent/core/views/execution-record.js';
import type {
  Command,
  Event,
  ExecutionId,
  FileId,
  Post,
  PublishedEvent,
  StreamPath
} from '../../schema/index.js';
import { eventOfPublished } from '../../schema/post.js';
import { HostRequests } from './host-requests.js';
import { UnreachableError } from './problem.js';
import type { Resources } from './resources.js';
import type { ServerStatus } from './status.js';
import type { StreamState } from './stream-state.js';

/** Part of a stream, ascending; `head` is the offset of the stream's newest event, 0 for none. */
export interface Page {
  readonly events: readonly Event[];
  readonly head: number;
}

/** Which part of a stream: the newest `limit`, those before an offset, or those after one. */
export interface PageQuery {
  readonly limit?: number;
  readonly beforeOffset?: number;
  readonly afterOffset?: number;
  /** Ends the wait: the request is given up. */
  readonly signal?: AbortSignal;
}

/** One of the host's streams; `head` is the offset of its newest event. */
export interface StreamEntry {
  readonly stream: StreamPath;
  readonly head: number;
  /** ISO 8601. */
  readonly createdAt: string;
}

interface Published {
  readonly events: readonly PublishedEvent[];
}

/** The views that the host folds over a whole stream. */
export type ViewName = 'cells' | 'runtime';

export class Api extends HostRequests {
  /** The server extension's word on itself and the host; answers also when the host is away. */
  async status(): Promise<ServerStatus> {
    return this.json<ServerStatus>('status');
  }

  /** What this kernel, its agent and the host use now; `kernel` undefined: the latter two alone. */
  async resources(kernel: string | undefined): Promise<Resources> {
    return this.json<Resources>(`resources${URLExt.objectToQueryString({ kernel: kernel ?? '' })}`);
  }

  /** Ask the server extension to start the host; returns when it has taken the wish. */
  async startHost(): Promise<void> {
    await this.request('start', { method: 'POST', body: '{}' });
  }

  /** Ask the server extension to stop the host. */
  async stopHost(): Promise<void> {
    await this.request('stop', { method: 'POST', body: '{}' });
  }

  /** The events that the command led to, once durable. The same id again gives the same answer. */
  async submit(command: Command): Promise<readonly Event[]> {
    const body = JSON.stringify(command);
    const answer = await this.json<Published>('api/commands', { method: 'POST', body });
    return answer.events.map(eventOfPublished);
  }

  /** Every stream in which something has happened, as far as the user may know. */
  async streams(): Promise<readonly StreamEntry[]> {
    return (await this.json<{ streams: readonly StreamEntry[] }>('api/streams')).streams;
  }

  /** What is true of a stream now. */
  async state(stream: StreamPath): Promise<StreamState> {
    return this.json<StreamState>(`api/streams/__state${addressOf(stream)}`);
  }

  /** The stored event, once durable. The same idempotency key again gives the same event. */
  async post(stream: StreamPath, post: Post): Promise<Event> {
    const answer = await this.json<{ event: PublishedEvent }>(`api/streams${addressOf(stream)}`, {
      method: 'POST',
      body: JSON.stringify(post)
    });
    return eventOfPublished(answer.event);
  }

  /** Delete a stream with everything in it; not those below it. Nobody can bring it back. */
  async deleteStream(stream: StreamPath): Promise<void> {
    const query = URLExt.objectToQueryString({ confirm: stream });
    await this.request(`api/streams${addressOf(stream)}${query}`, { method: 'DELETE' });
  }

  /** Where a request to a stream goes: an absolute address, for people and programs outside the page. */
  addressOf(stream: StreamPath): string {
    const address = URLExt.join(
      this.settings.baseUrl,
      'colophon',
      `api/streams${addressOf(stream)}`
    );
    return new URL(address, globalThis.location.href).href;
  }

  /** The page that explains a type of event. */
  docsOf(type: string): string {
    const { baseUrl } = this.settings;
    return URLExt.join(baseUrl, 'colophon/api/event-types', encodeURIComponent(type));
  }

  /** The path of a file as Jupyter Server knows it now; null if there is no such file any more. */
  async filePath(fileId: FileId): Promise<string | null> {
    const url = URLExt.join(this.settings.baseUrl, 'api/fileid/path');
    const query = URLExt.objectToQueryString({ id: fileId });
    const response = await ServerConnection.makeRequest(url + query, {}, this.settings);
    return response.ok ? ((await response.json()) as { path: string }).path : null;
  }

  /** One page of a stream. */
  async read(stream: StreamPath, { signal, ...query }: PageQuery = {}): Promise<Page> {
    const { events, head } = await this.json<Published & { head: number }>(
      `api/streams${addressOf(stream)}${URLExt.objectToQueryString(present(query))}`,
      { headers: { Accept: 'application/json' }, ...(signal && { signal }) }
    );
    return { events: events.map(eventOfPublished), head };
  }

  /** A view at its offset; its shape is that of agent/core/views. */
  async view<T>(name: ViewName, stream: StreamPath, signal?: AbortSignal): Promise<T> {
    return this.json<T>(
      `api/views/${name}${URLExt.objectToQueryString({ stream })}`,
      signal ? { signal } : {}
    );
  }

  /** The record of one run, whole. */
  async execution(stream: StreamPath, executionId: ExecutionId): Promise<WholeRecord> {
    return this.json<WholeRecord>(
      `api/views/execution${URLExt.objectToQueryString({ stream, executionId })}`
    );
  }

  /** The live stream after an offset, as the bytes of an event stream. */
  async follow(
    stream: StreamPath,
    afterOffset: number,
    signal: AbortSignal
  ): Promise<ReadableStream<Uint8Array>> {
    const query = URLExt.objectToQueryString({ live: 'true', afterOffset: String(afterOffset) });
    const headers = { Accept: 'text/event-stream' };
    const path = `api/streams${addressOf(stream)}${query}`;
    const response = await this.request(path, { headers, signal });
    if (response.body === null) {
      throw new UnreachableError('The live stream came without a body.');
    }
    return response.body;
  }
}

/** The stream's place in an address; a lone slash would be lost on the way. */
function addressOf(stream: StreamPath): string {
  return stream === '/' ? '/%2F' : stream;
}

function present(query: Record<string, number | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)]]
    )
  );
}
