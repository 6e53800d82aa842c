/**
 * Posts over HTTP to addresses that somebody else configured. Guarantees: a connection is made only
 * to an address that was looked up for it and allowed, so that a name cannot lead elsewhere between
 * the check and the connection; no redirect is followed; of an answer no more than 64 KiB is read.
 */
import { lookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isAddress, isLocalName, isPublicAddress } from '../core/push/addresses.js';
import type { Rejection } from '../../schema/index.js';
import type { Push, PushAnswer, PushRequest } from '../ports/push.js';

const LARGEST_ANSWER = 64 * 1024;
const REMEDY = 'Whoever runs the server can allow private addresses.';

/** Addresses of a name, as the operating system finds them. Given in by tests. */
export type LookUp = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
) => void;

const systemLookUp: LookUp = (name, done) => lookup(name, { all: true, verbatim: true }, done);

export class HttpPush implements Push {
  readonly #allowPrivate: boolean;
  readonly #lookup: LookupFunction;
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: 4 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxFreeSockets: 4 });

  constructor(options: { readonly allowPrivate: boolean; readonly lookUp?: LookUp }) {
    this.#allowPrivate = options.allowPrivate;
    this.#lookup = guarded(options.lookUp ?? systemLookUp, options.allowPrivate);
  }

  refusal(text: string): Rejection | null {
    const refused = (detail: string): Rejection => ({ code: 'malformed-request', detail });
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) {
      return refused('The url must be one of http or https.');
    }
    if (url.username !== '' || url.password !== '') {
      return refused('Leave name and password out of the url: it stands in the stream.');
    }
    const host = hostOf(url);
    const sound = isAddress(host) ? isPublicAddress(host) : !isLocalName(host);
    return sound || this.#allowPrivate
      ? null
      : refused(`The url leads to ${host}, which is no public address. ${REMEDY}`);
  }

  post(request: PushRequest): Promise<PushAnswer> {
    const refusal = this.refusal(request.url);
    if (refusal !== null) {
      return Promise.resolve({ failure: refusal.detail });
    }
    return new Promise(resolve => {
      const fail = (error: unknown) => resolve({ failure: reasonOf(error, request.signal) });
      try {
        this.#begin(request, answer => void read(answer).then(resolve, fail), fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Ends what is open. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #begin(
    request: PushRequest,
    answered: (answer: IncomingMessage) => void,
    failed: (error: unknown) => void
  ): void {
    const { url, headers, body, signal } = request;
    const secure = url.startsWith('https:');
    const options: RequestOptions = {
      method: 'POST',
      agent: secure ? this.#https : this.#http,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      lookup: this.#lookup,
      signal
    };
    const outgoing = secure ? httpsRequest(url, options) : httpRequest(url, options);
    outgoing.on('response', answered);
    outgoing.on('error', error => {
      if (outgoing.reusedSocket && !signal.aborted && codeOf(error) === 'ECONNRESET') {
        // The other end closed an idle connection just as it was used again.
        this.#begin(request, answered, failed);
      } else {
        failed(error);
      }
    });
    outgoing.end(body);
  }
}

/** The host of a URL as a name or an address, without brackets and a trailing dot. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

/** Looks a name up and gives what it found only if every address is allowed. */
function guarded(find: LookUp, allowPrivate: boolean): LookupFunction {
  return (name, { all }, done) => {
    find(name, (error, addresses) => {
      const hidden = allowPrivate
        ? undefined
        : addresses?.find(({ address }) => !isPublicAddress(address));
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        done(error ?? new Error(`${name} has no address.`), '', 0);
      } else if (hidden !== undefined) {
        // Which one is not said: what is configured here must not explore the network's names.
        const detail = `${name} leads to an address that is not public. ${REMEDY}`;
        done(new Error(detail), '', 0);
      } else if (all === true) {
        done(null, [...addresses]);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}

async function read(answer: IncomingMessage): Promise<PushAnswer> {
  const status = answer.statusCode ?? 0;
  const retryAfter = answer.headers['retry-after'] ?? null;
  const chunks: Buffer[] = [];
  let left = LARGEST_ANSWER;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) {
      // What else comes is not wanted; the connection ends with it.
      break;
    }
  }
  return { status, retryAfter, body: Buffer.concat(chunks).toString('utf8') };
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) {
    return String(signal.reason instanceof Error ? signal.reason.message : signal.reason);
  }
  return error instanceof Error && error.message !== '' ? error.message : codeOf(error);
}

/** An AggregateError of several addresses has no message. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
