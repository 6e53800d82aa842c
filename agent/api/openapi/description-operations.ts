/** Operations that describe the API: this description, its page, and the types of events. */
import { z } from 'zod';
import { EventTypeList, EventTypePage } from './bodies.js';
import type { Operation } from './operation.js';

const PAGE = { text: 'A page for people, without scripts.' };

export const DESCRIPTION_OPERATIONS: readonly Operation[] = [
  {
    id: 'readOpenApi',
    method: 'GET',
    path: '/openapi.json',
    tag: 'Description',
    summary: 'This description.',
    answers: { 'application/json': z.looseObject({ openapi: z.string() }) }
  },
  {
    id: 'readDocs',
    method: 'GET',
    path: '/docs',
    tag: 'Description',
    summary: 'This description as a page.',
    answers: { 'text/html': PAGE }
  },
  {
    id: 'listEventTypes',
    method: 'GET',
    path: '/event-types',
    tag: 'Description',
    summary: 'The types of events that Colophon knows.',
    answers: { 'application/json': EventTypeList, 'text/html': PAGE }
  },
  {
    id: 'readEventType',
    method: 'GET',
    path: '/event-types/{type}',
    tag: 'Description',
    summary: 'What a type of event says, with its schema and an example.',
    answers: { 'application/json': EventTypePage, 'text/html': PAGE },
    refusals: ['not-found']
  },
  {
    id: 'readEventSchema',
    method: 'GET',
    path: '/event-types/{type}/schema',
    tag: 'Description',
    summary: 'The JSON Schema (draft 2020-12) of the events of a type.',
    answers: { 'application/schema+json': z.looseObject({ type: z.literal('object') }) },
    refusals: ['not-found']
  }
];
