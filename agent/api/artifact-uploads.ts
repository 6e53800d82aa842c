/**
 * The routes of a runtime that stores output outside its notebook's document. Nobody else gets as far
 * as sending bytes.
 */
import { z } from 'zod';
import type { Rejection } from '../../schema/index.js';
import type { Door } from '../loop/door.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseNumber, parseStream, readBody, readBytes } from './request.js';
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

/** Bytes of one piece of an upload. */
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
  const mediaType = parseCommit(query, offset);
  const bytes = await readBytes(request, LARGEST_PIECE);
  const answer =
    mediaType === undefined
      ? await store.upload(principal, { stream, upload: rest, offset }, bytes)
      : await store.keep(principal, { stream, upload: rest, mediaType }, bytes);
  sendJson(response, checked(answer));
}

/** The MIME type of a value that comes whole; undefined for a piece. */
function parseCommit(query: URLSearchParams, offset: number): string | undefined {
  const commit = query.get('commit');
  if (commit === null) {
    return undefined;
  }
  const mediaType = MediaType.safeParse(commit);
  if (!mediaType.success) {
    refuse('malformed-request', 'commit must be a MIME type, as image/png is.');
  }
  if (offset !== 0) {
    refuse('malformed-request', 'commit goes with offset=0, for a value that comes as a whole.');
  }
  return mediaType.data;
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
  { method: 'POST', pattern: /^\/api\/artifacts\/uploads\/([^/]+)\/commit$/, answer: postCommit },
  { method: 'POST', pattern: /^\/api\/artifacts\/uploads\/([^/]+)$/, answer: postPiece }
];
