/**
 * The description of the HTTP API as OpenAPI 3.1: the operations and the schemas put together. It
 * depends on the version alone, and holds nothing of the machine that serves it.
 */
import { z } from 'zod';
import type { ProblemCode } from '../../../schema/index.js';
import { jsonSchema, type JsonSchema } from '../event-types/json-schema.js';
import { MEANING } from '../refusal.js';
import { components, nameOf, reference } from './components.js';
import { ALWAYS, type Content, type Operation, type Parameter } from './operation.js';
import { OPERATIONS } from './operations.js';

const TAGS: Record<Operation['tag'], string> = {
  Streams: 'Any path may be posted to and read, live, too.',
  Notebooks: 'What may be asked for of an open notebook, and what is to be seen of it.',
  Record: 'The record of all that happened, put to use.',
  Service: 'The service itself.',
  Description: 'What describes the API.'
};

/** The server extension answers for the host where it does so itself, with statuses of its own. */
const BY_SERVER: readonly (readonly [ProblemCode, number])[] = [
  ['unauthenticated', 403],
  ['host-unavailable', 504]
];

/** The whole document. */
export function openApiDocument(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Colophon',
      version,
      license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' },
      description:
        'Streams of events: post, read, follow; and what notebooks say and may be asked for. ' +
        'Refusals are problem+json (RFC 9457) with a `code`, and a `detail` that says what to do.'
    },
    servers: [{ url: '../api', description: 'Where this description is.' }],
    security: [{ bearer: [] }, { jupyterToken: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: paths(),
    components: {
      schemas: components(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of `colophon serve`, or of Jupyter Server.'
        },
        jupyterToken: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'A token of Jupyter Server: `token <token>`.'
        }
      }
    }
  };
}

function paths(): Record<string, Record<string, unknown>> {
  const all: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const item = (all[operation.path] ??= operation.byServer
      ? { servers: [{ url: '../../colophon', description: 'Jupyter Server.' }] }
      : {});
    item[operation.method.toLowerCase()] = described(operation);
  }
  return all;
}

function described(operation: Operation) {
  const { id, tag, summary, description, parameters = {}, path, body, bodyExample } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARTS[name] ?? name,
    schema: { type: 'string' }
  }));
  const others = Object.entries(parameters).map(([name, parameter]) =>
    parameterOf(name, parameter)
  );
  const example = bodyExample === undefined ? {} : { example: bodyExample };
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: [...inPath, ...others],
    ...(body && { requestBody: { required: true, content: contents(body, example) } }),
    responses: { ...success(operation), ...refusals(operation) }
  };
}

/** What stands for the parts of a path that vary. */
export const PATH_PARTS: Record<string, string> = {
  path: 'The stream without its first slash; nothing is the root.',
  type: 'A type of event.',
  kernelId: "Jupyter Server's id of a kernel.",
  id: 'Hash of an artifact, or id of an upload.'
};

function parameterOf(name: string, parameter: Parameter) {
  const { in: place, schema, required } = parameter;
  const { description, ...rest } = jsonSchema(schema);
  return { name, in: place, required: required ?? false, description, schema: rest };
}

function success({ answers, partial }: Operation): Record<string, unknown> {
  if (answers === null) {
    return { 101: { description: 'The websocket.' } };
  }
  const content = contents(answers);
  return {
    200: { description: 'Done.', content },
    ...(partial && { 206: { description: 'The part that was asked for.', content } })
  };
}

function contents(of: Readonly<Record<string, Content>>, json: object = {}) {
  return Object.fromEntries(
    Object.entries(of).map(([type, content]) => [
      type,
      { ...contentOf(content), ...(type === 'application/json' && json) }
    ])
  );
}

function contentOf(content: Content): Record<string, unknown> {
  if (content instanceof z.ZodType) {
    return { schema: schemaOf(content) };
  }
  const schema = { type: 'string', description: content.text };
  return 'each' in content ? { schema, 'x-each': schemaOf(content.each) } : { schema };
}

/** A reference where there is a name; the parts of an unnamed object and of an array likewise. */
function schemaOf(schema: z.ZodType): JsonSchema {
  const name = nameOf(schema);
  if (name !== undefined) {
    return { $ref: reference(name) };
  }
  if (schema instanceof z.ZodArray) {
    return { ...jsonSchema(schema), items: schemaOf(schema.element as z.ZodType) };
  }
  if (schema instanceof z.ZodUnion) {
    return { anyOf: schema.options.map(option => schemaOf(option as z.ZodType)) };
  }
  if (!(schema instanceof z.ZodObject)) {
    return jsonSchema(schema);
  }
  const { shape: fields } = schema as z.ZodObject<Record<string, z.ZodType>>;
  const shape = Object.entries(fields);
  const properties = Object.fromEntries(shape.map(([key, value]) => [key, schemaOf(value)]));
  return { ...jsonSchema(schema), properties };
}

/** For each status, the codes that it can bear. */
function refusals({ refusals: own = [] }: Operation): Record<string, unknown> {
  const codes = [...new Set([...ALWAYS, ...own])];
  const pairs = [
    ...codes.map(code => [code, MEANING[code].status] as const),
    ...BY_SERVER.filter(([code]) => codes.includes(code))
  ];
  const statuses = [...new Set(pairs.map(([, status]) => status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map(status => {
      const here = pairs.filter(pair => pair[1] === status).map(([code]) => code);
      const only = { properties: { status: { const: status }, code: { enum: here } } };
      const schema = { allOf: [{ $ref: reference('Problem') }, only] };
      return [
        status,
        {
          description: here.map(code => `\`${code}\`: ${MEANING[code].title}.`).join(' '),
          content: { 'application/problem+json': { schema } }
        }
      ];
    })
  );
}
