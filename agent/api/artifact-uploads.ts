/**
 * The routes of a runtime that stores output outside its notebook's document. Nobody else gets as far
 * as sending bytes.
 */
import { z } from 'zod';
import type { Rejection } from '../../schema/index.js';
import type { Door } from '../loop/door.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseJson, parseNumber, parseStream, readBody, readBytes } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

/** A MIME type, with parameters if it has any. */
export const MediaType = z
  .string()
  .max(256)
  .regex(/^[\w.+-]+\/[\w.+-]+(?:; ?[\w.+-]+=[\w.+"-]+)*$/, 'not a MIME type');

/** The body of a commit. */
export const CommitBody = z.strictObject({
  mediaType: MediaType.describe('MIME type of the bytes.')
});

/** Of a body with several whole values, the first line. */
const ValuesHead = z
  .array(
    z.strictObject({
      upload: z.string().describe('Id of the upload.'),
      mediaType: MediaType.describe('MIME type of the bytes.'),
      bytes: z
        .int()
        .min(0)
        .describe('How many bytes of the rest it has; the values follow each other.')
    })
  )
  .min(1)
  .max(1000);

/** Bytes of one piece of an upload, and of several values together. */
export const LARGEST_PIECE = 8 << 20;

export type ArtifactDoor = NonNullable<Door['artifacts']>;

/** Refuses where nothing is kept. */
export function storeOf({ door }: RouteContext): ArtifactDoor {
  return door.artifacts ?? refuse('not-found', 'No output is kept outside documents here.');
}

/** The answer; refuses if it is a refusal. */
export function checked<T extends object>(answer: T | { readonly rejection: Rejection }): T {
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  return answer;
}

function whole(query: URLSearchParams, name: string, most?: number): number {
  const value = parseNumber(query, name, 0, most);
  return value ?? refuse('malformed-request', `${name} is missing.`);
}

async function postPiece(
  context: RouteContext,
  { request, response, principal, query, rest }: Exchange
): Promise<void> {
  const store = storeOf(context);
  const stream = parseStream(query.get('stream'));
  const offset = whole(query, 'offset');
  if (principal.runtime !== stream) {
    refuse('forbidden', `Only the runtime of ${stream} stores output of it.`);
  }
  const bytes = await readBytes(request, LARGEST_PIECE);
  sendJson(
    response,
    checked(await store.upload(principal, { stream, upload: rest, offset }, bytes))
  );
}

/** Several whole values: all of them are stored, or the first refusal is the answer. */
async function postValues(
  context: RouteContext,
  { request, response, principal, query }: Exchange
): Promise<void> {
  const store = storeOf(context);
  const stream = parseStream(query.get('stream'));
  if (principal.runtime !== stream) {
    refuse('forbidden', `Only the runtime of ${stream} stores output of it.`);
  }
  const values = valuesOf(await readBytes(request, LARGEST_PIECE));
  const stored = await Promise.all(
    values.map(({ bytes, ...value }) => store.keep(principal, { stream, ...value }, bytes))
  );
  sendJson(response, { links: stored.map(checked) });
}

/** A line of JSON that says what there is, and the bytes behind it. */
function valuesOf(body: Buffer) {
  const lineEnd = body.indexOf('\n');
  const head = ValuesHead.safeParse(parseJson(body.subarray(0, Math.max(0, lineEnd)).toString()));
  if (!head.success) {
    refuse('malformed-request', `The first line says what follows: ${explain(head.error)}.`);
  }
  let at = lineEnd + 1;
  const values = head.data.map(({ bytes, ...value }) => {
    at += bytes;
    return { ...value, bytes: body.subarray(at - bytes, at) };
  });
  if (at !== body.length) {
    const detail = `The first line says ${at} bytes with its own; there are ${body.length}.`;
    refuse('malformed-request', detail);
  }
  return values;
}

async function postCommit(
  context: RouteContext,
  { request, response, principal, query, rest }: Exchange
): Promise<void> {
  const store = storeOf(context);
  const stream = parseStream(query.get('stream'));
  const length = whole(query, 'length');
  const body = CommitBody.safeParse(await readBody(request, context.maxBodyBytes));
  if (!body.success) {
    refuse('malformed-request', `This is no commit: ${explain(body.error)}.`);
  }
  const what = { stream, upload: rest, length, mediaType: body.data.mediaType };
  sendJson(response, checked(await store.commit(principal, what)));
}

export const UPLOAD_ROUTES: readonly Route[] = [
  { method: 'POST', pattern: /^\/api\/artifacts\/uploads$/, answer: postValues },
  { method: 'POST', pattern: /^\/api\/artifacts\/uploads\/([^/]+)\/commit$/, answer: postCommit },
  { method: 'POST', pattern: /^\/api\/artifacts\/uploads\/([^/]+)$/, answer: postPiece }
];
