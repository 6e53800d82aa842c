/**
 * Holds every request and answer of the API in the tests against its OpenAPI description, so that a
 * test fails where the two differ: an operation or status that is not described, a body or a content
 * type that is another. What the API takes must be described, what is described must hold. In the
 * bench programs `checkedFetch` is the bare `fetch`.
 */
import type { Page, Response as Shown } from 'playwright-core';
import {
  operationOf,
  PROBLEM_ONLY,
  wrongJson,
  wrongRequest,
  type Contents
} from './openapi-description.js';

export interface CheckOptions {
  /** The request is wrong on purpose, and may be accepted all the same. Its answer is checked. */
  readonly hostile?: boolean;
}

/** An answer without its body, and the request that it answers. */
interface Exchange {
  readonly method: string;
  readonly address: string;
  readonly headers: Headers;
  readonly body: string | undefined;
  readonly status: number;
}

/** What is wrong, with the request in front. */
class Difference extends Error {
  override readonly name = 'Difference';
  constructor({ method, address, status }: Exchange, what: string) {
    const { pathname, search } = new URL(address);
    super(`${method} ${pathname}${search}, ${status}: ${what}`);
  }
}

/** As `fetch`. `root` is the address below which `api/` lies; other addresses are not looked at. */
export async function checkedFetch(
  root: string,
  address: string,
  init: RequestInit,
  { hostile = false }: CheckOptions = {}
): Promise<Response> {
  const response = await fetch(address, init);
  const exchange: Exchange = {
    method: init.method ?? 'GET',
    address,
    headers: new Headers(init.headers),
    body: typeof init.body === 'string' ? init.body : undefined,
    status: response.status
  };
  const contents = process.env['VITEST'] && contentsOf(root, exchange, hostile);
  if (!contents) {
    return response;
  }
  const { status, headers } = response;
  const { type, media } = mediaOf(exchange, contents, headers.get('content-type'));
  const each = media['x-each'];
  if (each !== undefined) {
    const prefix = type === 'text/event-stream' ? 'data: ' : '';
    const wrong = (line: string) => wrongJson(each, line);
    const checked = response.body?.pipeThrough(lines(exchange, prefix, wrong));
    return new Response(checked, { status, headers });
  }
  const bytes = await response.arrayBuffer();
  checkBody(exchange, contents, type, new TextDecoder().decode(bytes));
  return new Response(bytes, { status, headers });
}

/** Checks what a page asks of the API from now on. The returned function throws what was wrong. */
export function checkPage(page: Page, root: string): () => Promise<void> {
  const checks: Promise<unknown>[] = [];
  page.on('response', shown => checks.push(checkShown(root, shown).catch((error: Error) => error)));
  return async () => {
    const found = (await Promise.all(checks)).filter(one => one instanceof Difference);
    if (found.length > 0) {
      throw new AggregateError(found, found.map(({ message }) => message).join('\n'));
    }
  };
}

/** JupyterLab's ServerConnection adds the time to each address, in ms, so that nothing is cached. */
const CACHE_BUSTER = /[?&]\d{13}$/;

/** The items of a stream cannot be had from a page: of it, status and type are checked. */
async function checkShown(root: string, shown: Shown): Promise<void> {
  const request = shown.request();
  const exchange: Exchange = {
    method: request.method(),
    address: shown.url().replace(CACHE_BUSTER, ''),
    headers: new Headers(),
    body: request.postData() ?? undefined,
    status: shown.status()
  };
  const contents = contentsOf(root, exchange, false);
  if (contents !== undefined) {
    const { type, media } = mediaOf(exchange, contents, shown.headers()['content-type'] ?? null);
    if (media['x-each'] === undefined) {
      checkBody(exchange, contents, type, await shown.text());
    }
  }
}

/** What the answer may be, by content type; undefined for an address that is not the API's. */
function contentsOf(root: string, exchange: Exchange, hostile: boolean): Contents | undefined {
  const { method, address, headers, body, status } = exchange;
  const url = new URL(address);
  const base = new URL(root).pathname.replace(/\/$/, '');
  const path = url.pathname.startsWith(base) ? url.pathname.slice(base.length) : '';
  if (!address.startsWith(root) || !/^\/(?:api\/|(?:status|start|stop)$)/.test(path)) {
    return undefined;
  }
  const described = operationOf(method, path);
  if (described === undefined) {
    if (status !== 404 && status !== 405) {
      throw new Difference(exchange, 'there is no such operation in the description');
    }
    return PROBLEM_ONLY;
  }
  const wrong = hostile ? undefined : wrongRequest(described, url.searchParams, headers, body);
  if (wrong !== undefined && status < 400) {
    throw new Difference(exchange, `it was accepted, but the description does not allow: ${wrong}`);
  }
  const answer = described.responses[status];
  if (answer === undefined) {
    throw new Difference(exchange, 'the status is not in the description');
  }
  return answer.content ?? {};
}

function mediaOf(exchange: Exchange, contents: Contents, contentType: string | null) {
  const type = (contentType ?? '').split(';')[0] ?? '';
  const media = contents[type] ?? contents['*/*'];
  if (media === undefined) {
    throw new Difference(exchange, `the content type "${type}" is not in the description`);
  }
  return { type, media };
}

function checkBody(exchange: Exchange, contents: Contents, type: string, text: string): void {
  const schema = exchange.method === 'HEAD' ? undefined : contents[type]?.schema;
  const wrong = type.endsWith('json') && schema ? wrongJson(schema, text) : undefined;
  if (wrong !== undefined) {
    const shown = text.slice(0, 2000);
    throw new Difference(exchange, `the answer is not as described: ${wrong}\n${shown}`);
  }
}

/** Lets bytes through, and fails at a line that is not as described. */
function lines(exchange: Exchange, prefix: string, wrong: (line: string) => string | undefined) {
  const decoder = new TextDecoder();
  let rest = '';
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts.filter(one => one !== '' && one.startsWith(prefix))) {
        const what = wrong(line.slice(prefix.length));
        if (what !== undefined) {
          const shown = line.slice(0, 2000);
          throw new Difference(exchange, `an event is not as described: ${what}\n${shown}`);
        }
      }
      controller.enqueue(chunk);
    }
  });
}
