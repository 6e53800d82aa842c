/** The route that erases the payload of an event. */
import { RedactionBody } from '../loop/redactions.js';
import { published } from '../../schema/index.js';
import { explain, refuse, sendJson } from './refusal.js';
import { parseStreamPath, readBody } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

/** Only who may write to the stream. */
async function postRedaction(
  { door, maxBodyBytes }: RouteContext,
  { request, response, principal, rest }: Exchange
): Promise<void> {
  const parsed = RedactionBody.safeParse(await readBody(request, maxBodyBytes));
  if (!parsed.success) {
    refuse('malformed-request', `This is not an erasure: ${explain(parsed.error)}.`);
  }
  const answer = await door.streams.redact(parseStreamPath(rest), parsed.data, principal);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, { event: published(answer.event) });
}

export const REDACTION_ROUTES: readonly Route[] = [
  { method: 'POST', pattern: /^\/api\/streams\/__redact\/(.*)$/, answer: postRedaction }
];
