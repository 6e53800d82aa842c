/**
 * The host's HTTP API, seen from the browser. Every request goes through ServerConnection, so that
 * base_url, token, cookie and XSRF are the server's own. Answers are as in docs/PROTOCOL.md; a
 * refusal throws RefusedError, silence throws UnreachableError.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type {
  ActorIdentity,
  Command,
  Event,
  ExecutionId,
  FactOf,
  FactType,
  FileId,
  Post,
  PublishedEvent,
  StreamPath
} from '../../schema/index.js';
import { eventOfPublished } from '../../schema/post.js';
import { errorOf, UnreachableError } from './problem.js';
import type { WholeRecord } from '../../agent/core/views/execution-record.js';
import type { Resources } from './resources.js';
import type { ServerStatus } from './status.js';

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

/** Since when something of a stream stands, in ISO 8601, and who said so. */
interface Standing {
  readonly configuredAt: string;
  readonly configuredBy: ActorIdentity;
}

/** A stream reduced to what is true of it now; see docs/PROTOCOL.md. Times are ISO 8601. */
export interface StreamState {
  readonly streamPath: StreamPath;
  /** Offset of its last event. */
  readonly eventCount: number;
  /** Null if nothing has happened in it, but below it. */
  readonly createdAt: string | null;
  readonly childPaths: readonly StreamPath[];
  readonly paused: { readonly reason?: string; readonly at: string } | null;
  /** When it was closed for ever. */
  readonly closed: string | null;
  readonly limit: { readonly events: number; readonly seconds: number };
  /** Username; null: nobody's, or a notebook's. */
  readonly owner: string | null;
  readonly access: 'notebook' | 'private' | 'public-read' | 'public-write';
  readonly granted: readonly { readonly username: string; readonly may: 'read' | 'write' }[];
  /** Null: everything is kept. */
  readonly retention: { readonly days: number | null; readonly events: number | null } | null;
  /** `next`: null if it fires no more. */
  readonly schedules: readonly (DataOf<'schedule.configured'> &
    Standing & { readonly next: string | null })[];
  readonly transformers: readonly (DataOf<'transformer.configured'> & Standing)[];
  /** `parked`: null while it is sent to. */
  readonly subscriptions: readonly (DataOf<'subscription.configured'> &
    Standing & { readonly parked: DataOf<'subscription.parked'> | null })[];
}

type DataOf<T extends FactType> = FactOf<T>['data'];

interface Published {
  readonly events: readonly PublishedEvent[];
}

/** The views that the host folds over a whole stream. */
export type ViewName = 'cells' | 'runtime';

export class Api {
  constructor(private readonly settings: ServerConnection.ISettings) {}

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

  /** The JSON answer to a request below `colophon/`. */
  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.request(path, init);
    try {
      return (await response.json()) as T;
    } catch {
      // A page of something in between, e.g. a log-in form: not the host's answer.
      throw new UnreachableError('The answer was not the one of Colophon.');
    }
  }

  /** Where the browser itself gets something below `colophon/`, for an image or a download. */
  url(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'colophon', path);
  }

  /** The answer to a request below `colophon/`, if it is 2xx. */
  async request(path: string, init: RequestInit): Promise<Response> {
    const url = this.url(path);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (reason) {
      throw init.signal?.aborted === true ? reason : new UnreachableError(wordsOf(reason));
    }
    if (!response.ok) {
      throw errorOf(response.status, await response.text());
    }
    return response;
  }
}

/** The stream's place in an address; a lone slash would be lost on the way. */
function addressOf(stream: StreamPath): string {
  return stream === '/' ? '/%2F' : stream;
}

/** An error's words for a person. */
export function wordsOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function present(query: Record<string, number | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)]]
    )
  );
}
