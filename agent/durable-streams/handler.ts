/** Mounts the Durable Streams protocol on a plain HTTP server, at any path ending in /v1/stream/. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './caller.js';
import type { DurableStreams } from './durable-streams.js';
import { sendPreflight, sendRefusal, setCommonHeaders } from './http.js';
import { answerRead } from './reading.js';
import { Refused, refuse } from './refusal.js';
import { answerControl } from './subscription-requests.js';
import { answerAppend, answerCreate, answerDelete, answerHead } from './writing.js';

/**
 * Answers one request that the host has let in. A refusal is answered with its reason; anything else
 * thrown rejects, with nothing sent, for the host to log and to answer.
 */
export async function handleDurableStreams(
  context: DurableStreams,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  setCommonHeaders(response);
  try {
    await route(context, caller, request, response);
  } catch (error) {
    if (!(error instanceof Refused)) {
      throw error;
    }
    sendRefusal(response, error);
  }
}

async function route(
  context: DurableStreams,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const [, pathname = '', search = ''] = /^([^?#]*)\??([^#]*)/.exec(request.url ?? '') ?? [];
  const path = context.pathOf(pathname);
  if (request.method === 'OPTIONS') {
    return sendPreflight(response);
  }
  if (path === undefined || path === '') {
    return refuse(404, 'There is no stream at this address.');
  }
  if (path === '__ds' || path.startsWith('__ds/')) {
    return answerControl(context, path.slice('__ds/'.length), request, response);
  }
  switch (request.method) {
    case 'GET':
      return answerRead(context, caller, path, new URLSearchParams(search), request, response);
    case 'HEAD':
      return answerHead(context, path, response);
    case 'PUT':
      return answerCreate(context, caller, path, request, response);
    case 'POST':
      return answerAppend(context, caller, path, request, response);
    case 'DELETE':
      return answerDelete(context, caller, path, response);
    default:
      return refuse(405, 'Streams take GET, HEAD, PUT, POST and DELETE.', {
        Allow: 'GET, HEAD, PUT, POST, DELETE, OPTIONS'
      });
  }
}
