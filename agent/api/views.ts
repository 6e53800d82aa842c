/** What is to be seen of a notebook: its views, the document as it was, and the record of a run. */
import { ExecutionId, type StreamPath } from '../../schema/index.js';
import { permit } from './permit.js';
import { refuse, sendJson } from './refusal.js';
import { parseNumber, parseStream } from './request.js';
import type { Exchange, Route, RouteContext } from './routes.js';

export const VIEW_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/api\/views\/cells$/, answer: view('cells') },
  { method: 'GET', pattern: /^\/api\/views\/runtime$/, answer: view('runtime') },
  { method: 'GET', pattern: /^\/api\/views\/document$/, answer: getDocument },
  { method: 'GET', pattern: /^\/api\/views\/execution$/, answer: getExecution }
];

function view(name: 'cells' | 'runtime'): Route['answer'] {
  return async ({ door }, { principal, query, response }) => {
    const stream = parseStream(query.get('stream'));
    await permit(door, principal, stream, 'read');
    sendJson(response, known(stream, door[name](stream)));
  };
}

function known<T>(stream: StreamPath, answer: T | undefined): T {
  return answer ?? refuseStream(stream);
}

function refuseStream(stream: StreamPath): never {
  const detail = `There is no notebook with the stream ${stream}. `;
  refuse('unknown-stream', `${detail}A stream begins when its notebook is first opened.`);
}

async function getDocument(
  { door }: RouteContext,
  { principal, query, response }: Exchange
): Promise<void> {
  const stream = parseStream(query.get('stream'));
  await permit(door, principal, stream, 'read');
  const head = door.journal.head(stream);
  if (head === 0) {
    refuseStream(stream);
  }
  const offset = parseNumber(query, 'offset', 1, head) ?? head;
  const answer = door.document(stream, offset);
  if ('rejection' in answer) {
    const { code, detail, at } = answer.rejection;
    refuse(code, detail, at);
  }
  sendJson(response, answer.notebook);
}

/** The record of one run, with its outputs as they were at its end. */
async function getExecution(
  { door }: RouteContext,
  { principal, query, response }: Exchange
): Promise<void> {
  const stream = parseStream(query.get('stream'));
  await permit(door, principal, stream, 'read');
  const executionId = ExecutionId.safeParse(query.get('executionId'));
  if (!executionId.success) {
    refuse('malformed-request', 'executionId must be the id of a run.');
  }
  const record = door.execution(stream, executionId.data);
  if (record === undefined) {
    const detail = `Nobody asked for the run ${executionId.data} in ${stream}. The history names runs.`;
    refuse('not-found', detail);
  }
  sendJson(response, record);
}
