/**
 * Requests to what is below `colophon/` of the server. Each goes through ServerConnection, so that
 * base_url, token, cookie and XSRF are the server's own. A refusal throws RefusedError, silence
 * throws UnreachableError.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { reasonOf } from '../../agent/core/explain.js';
import { parseJson } from './json.js';
import { errorOf, NOT_OURS, UnreachableError } from './problem.js';

export class HostRequests {
  constructor(protected readonly settings: ServerConnection.ISettings) {}

  /** The JSON answer to a request below `colophon/`. */
  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.request(path, init);
    try {
      return parseJson(await response.text()) as T;
    } catch {
      // A page of something in between, e.g. a log-in form: not the host's answer.
      throw new UnreachableError(NOT_OURS);
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
      throw init.signal?.aborted === true ? reason : new UnreachableError(reasonOf(reason));
    }
    if (!response.ok) {
      throw errorOf(response.status, await response.text());
    }
    return response;
  }
}
