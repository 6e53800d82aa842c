/**
 * What a notebook keeps outside its document, over HTTP: lines and search results in pages, small
 * things whole, and addresses for what the browser gets by itself. Errors as of Api.
 */
import { URLExt } from '@jupyterlab/coreutils';
import type { StreamPath } from '../../schema/index.js';
import type { Api } from './api.js';
import { NOT_OURS, UnreachableError } from './problem.js';

/** Lines in a row, without their ends; `total` is how many there are by now. */
export interface LinePage {
  readonly from: number;
  readonly total: number;
  readonly lines: readonly string[];
}

/** One place; `line` from 0, `at` in UTF-16 units of the line. */
export interface Match {
  readonly line: number;
  readonly at: number;
}

/** Ascending; `next`: the line from which to go on; null at the end. */
export interface MatchPage {
  readonly matches: readonly Match[];
  readonly next: number | null;
}

/** What is searched; plain text within one line. */
export interface Needle {
  readonly text: string;
  readonly matchCase: boolean;
}

export class ArtifactApi {
  constructor(
    private readonly api: Pick<Api, 'json' | 'request' | 'url'>,
    /** The notebook that refers to them. */
    readonly stream: StreamPath
  ) {}

  /** @param id Hash, or id of a growing one. @param count 2,000 at most. */
  async lines(id: string, from: number, count: number, signal: AbortSignal): Promise<LinePage> {
    return this.api.json(this.path(`${id}/lines`, { from: `${from}`, count: `${count}` }), {
      signal
    });
  }

  /** @param limit 200 at most; fewer may come although there are more, see `next`. */
  async search(
    id: string,
    needle: Needle,
    from: number,
    limit: number,
    signal: AbortSignal
  ): Promise<MatchPage> {
    const query = { from: `${from}`, limit: `${limit}`, case: String(needle.matchCase) };
    return this.api.json(this.path(`${id}/search`, { text: needle.text, ...query }), { signal });
  }

  /** The whole, as text; for what is small. */
  async text(id: string, mediaType: string): Promise<string> {
    return (await this.bytes(this.path(id, { type: mediaType }), {})).text();
  }

  /** Throws why the bytes cannot be had; for where the browser does not say. */
  async check(id: string): Promise<void> {
    const answer = await this.bytes(this.path(id), { headers: { Range: 'bytes=0-0' } });
    await answer.body?.cancel();
  }

  /** Where the browser gets the bytes to show them. */
  address(id: string, mediaType: string): string {
    return this.api.url(this.path(id, { type: mediaType }));
  }

  /** Where the browser gets the bytes as a file of this name. */
  download(id: string, mediaType: string, name: string): string {
    return this.api.url(this.path(id, { type: mediaType, download: name }));
  }

  /** Where the browser gets the notebook with everything in it. */
  wholeNotebook(): string {
    return this.api.url(this.path('notebook'));
  }

  /** The host says of bytes how they are to be saved; whatever answers in its place does not. */
  private async bytes(path: string, init: RequestInit): Promise<Response> {
    const answer = await this.api.request(path, init);
    if (!answer.headers.has('Content-Disposition')) {
      throw new UnreachableError(NOT_OURS);
    }
    return answer;
  }

  private path(what: string, query: Readonly<Record<string, string>> = {}): string {
    const { stream } = this;
    return `api/artifacts/${what}${URLExt.objectToQueryString({ stream, ...query })}`;
  }
}
