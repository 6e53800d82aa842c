/** The routes of the tree of streams: which there are, as far as the person may read them, and their end. */
import { depthBelow } from '../core/stream/access.js';
import type { StreamPath } from '../../schema/index.js';
import { refuse, sendJson } from './refusal.js';
import { parseNumber, parseStream, parseStreamPath } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

export const TREE_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/api\/streams$/, answer: getStreams },
  { method: 'DELETE', pattern: /^\/api\/streams\/(.*)$/, answer: deleteStream }
];

/** Without a prefix all of them; `depth` counts levels below the prefix, which is left out itself. */
async function getStreams(
  { door }: RouteContext,
  { principal, query, response }: Exchange
): Promise<void> {
  const prefix = parseStream(query.get('prefix') ?? '/');
  const depth = parseNumber(query, 'depth', 1);
  const below = door.journal.streams(prefix).filter(({ stream }) => {
    const levels = depthBelow(prefix, stream);
    return depth === undefined || (levels >= 1 && levels <= depth);
  });
  sendJson(response, { streams: await door.streams.visible(principal, below) });
}

async function deleteStream(
  { door }: RouteContext,
  { principal, query, rest, response }: Exchange
): Promise<void> {
  const stream: StreamPath = parseStreamPath(rest);
  const children = query.get('children') ?? 'false';
  if (children !== 'true' && children !== 'false') {
    refuse('malformed-request', 'children must be true or false.');
  }
  const confirm = query.get('confirm') ?? undefined;
  const options = { children: children === 'true', ...(confirm !== undefined && { confirm }) };
  const answer = await door.streams.remove(stream, options, principal);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, { deleted: answer.removed });
}
