/** The routes that describe the API: OpenAPI, its page, and what there is to say of each type of event. */
import type { IncomingMessage } from 'node:http';
import { eventTypes, type EventType } from './event-types/catalog.js';
import { sendPage } from './html.js';
import { openApiDocument } from './openapi/document.js';
import { apiPage, eventTypeList, eventTypePage } from './pages.js';
import { refuse, sendJson } from './refusal.js';
import type { Exchange, Route, RouteContext } from './routes.js';

/** The header that leads from an address of the API to its description; relative, whatever stands in front. */
export function descriptionLink(path: string): string {
  const up = '../'.repeat(Math.max(0, path.split('/').length - 3));
  return `<${up}openapi.json>; rel="service-desc"`;
}

/** Made when it is first asked for: it depends on nothing but the version. */
let document: { readonly version: string; readonly body: unknown } | undefined;

function getOpenApi({ version }: RouteContext, { response }: Exchange): void {
  if (document?.version !== version) {
    document = { version, body: openApiDocument(version) };
  }
  sendJson(response, document.body);
}

function getDocs(_context: RouteContext, { response }: Exchange): void {
  sendPage(response, "Colophon's HTTP API", apiPage(eventTypes()));
}

function getEventTypes(_context: RouteContext, { request, response }: Exchange): void {
  if (wantsPage(request)) {
    sendPage(response, 'Types of events', eventTypeList(eventTypes()));
    return;
  }
  sendJson(response, { types: eventTypes().map(type => entryOf(type, 'event-types/')) });
}

function getEventType(_context: RouteContext, { request, response, rest }: Exchange): void {
  const type = typeNamed(rest);
  if (wantsPage(request)) {
    sendPage(response, type.type, eventTypePage(type));
    return;
  }
  const { schema: jsonSchema, example } = type;
  sendJson(response, { ...entryOf(type, ''), jsonSchema, example });
}

function getEventSchema(_context: RouteContext, { response, rest }: Exchange): void {
  const { schema } = typeNamed(rest);
  const draft = 'https://json-schema.org/draft/2020-12/schema';
  sendJson(response, { $schema: draft, ...schema }, 'application/schema+json');
}

/** `below` leads from the answer's address to those of the types. */
function entryOf({ type, versions, statedBy, summary, postable }: EventType, below: string) {
  const page = `${below}${type}`;
  return { type, versions, statedBy, summary, postable, page, schema: `${page}/schema` };
}

function typeNamed(name: string): EventType {
  return (
    eventTypes().find(({ type }) => type === name) ??
    refuse('not-found', 'There is no such type of event. api/event-types lists them all.')
  );
}

function wantsPage(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}

export const DESCRIPTION_ROUTES: readonly Route[] = [
  { method: 'GET', pattern: /^\/api\/openapi\.json$/, answer: getOpenApi },
  { method: 'GET', pattern: /^\/api\/docs$/, answer: getDocs },
  { method: 'GET', pattern: /^\/api\/event-types$/, answer: getEventTypes },
  { method: 'GET', pattern: /^\/api\/event-types\/([^/]+)\/schema$/, answer: getEventSchema },
  { method: 'GET', pattern: /^\/api\/event-types\/([^/]+)$/, answer: getEventType }
];
