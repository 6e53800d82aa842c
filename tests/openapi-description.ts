/**
 * The OpenAPI description as a judge of requests and answers. Schemas are compiled when they are
 * first needed, once in a process.
 */
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../agent/api/openapi/document.js';

interface Media {
  readonly schema: AnySchema;
  /** Of each value, in a stream of them. */
  readonly 'x-each'?: AnySchema;
}
/** What a body may be, by content type. */
export type Contents = Readonly<Record<string, Media>>;

/** An operation of the description. */
export interface Described {
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly required: boolean;
    readonly schema: AnySchema;
  }[];
  readonly requestBody?: { readonly content: Contents };
  readonly responses: Readonly<Record<string, { readonly content?: Contents }>>;
}

const document = openApiDocument('0.0.0');
const schemas = document.components.schemas as Record<string, AnySchema>;
const operations = Object.entries(document.paths).flatMap(([path, { servers, ...methods }]) =>
  Object.entries(methods).map(([method, described]) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${servers === undefined ? '/api' : ''}${patternOf(path)}$`),
    literal: path.replace(/\{\w+\}/g, '').length,
    described: described as Described
  }))
);

function patternOf(path: string): string {
  const literal = path.replace(/[.+]/g, String.raw`\$&`);
  return literal.replace('{path}', '.*').replace(/\{\w+\}/g, '[^/]+');
}

const ajv = new Ajv2020({ strict: false, validateFormats: true, formats: { base64: true } });
addFormats(ajv);
const validators = new Map<AnySchema, ValidateFunction>();

/* The same as trying every type of event, but by the type's name: quicker, and it says what is wrong. */
const ofEvent = Object.assign(
  function check(_keyword: unknown, event: { readonly type: string; readonly v?: unknown }) {
    const known = event.v !== undefined && event.type in schemas;
    const validate = validatorOf(schemas[known ? event.type : 'PostedEvent'] ?? false);
    const valid = validate(event);
    ofEvent.errors = validate.errors ?? [];
    return valid;
  },
  { errors: [] as ErrorObject[] }
);
ajv.addKeyword({ keyword: 'x-event', type: 'object', validate: ofEvent });
const Event = { type: 'object', required: ['type'], 'x-event': true };
ajv.addSchema({ $id: 'api', components: { schemas: { ...schemas, Event } } });

function validatorOf(schema: AnySchema): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) {
    return known;
  }
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
  const made = ajv.compile(JSON.parse(text) as AnySchema);
  validators.set(schema, made);
  return made;
}

/** What is wrong with a JSON text; undefined for nothing. */
export function wrongJson(schema: AnySchema, text: string): string | undefined {
  const validate = validatorOf(schema);
  return validate(parsed(text)) ? undefined : ajv.errorsText(validate.errors);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The operation of a path below `colophon/`; undefined for none. */
export function operationOf(method: string, path: string): Described | undefined {
  const [best] = operations
    .filter(one => one.method === method && one.pattern.test(path))
    .sort((a, b) => b.literal - a.literal);
  return best?.described;
}

/** What the description does not allow in a request; undefined for nothing. */
export function wrongRequest(
  { parameters, requestBody }: Described,
  query: URLSearchParams,
  headers: Headers,
  body: string | undefined
): string | undefined {
  const given = new Map([...query].map(([name, value]) => [`query ${name}`, value]));
  headers.forEach((value, name) => given.set(`header ${name}`, value));
  for (const { name, in: place, required, schema } of parameters) {
    const key = `${place} ${place === 'header' ? name.toLowerCase() : name}`;
    const value = given.get(key);
    given.delete(key);
    if (value === undefined ? required && place !== 'path' : !takes(schema, value)) {
      return `${key} is ${value ?? 'absent'}`;
    }
  }
  const unknown = [...given.keys()].find(key => key.startsWith('query '));
  if (unknown !== undefined) {
    return `${unknown} is not described`;
  }
  const content = requestBody?.content ?? {};
  const media = '*/*' in content ? undefined : content['application/json'];
  return media && body !== undefined ? wrongJson(media.schema, body) : undefined;
}

/** A parameter is text; the schema is of what it stands for. */
function takes(schema: AnySchema, text: string): boolean {
  return validatorOf(schema)(text) || (/^\d+$/.test(text) && validatorOf(schema)(Number(text)));
}

/** What an address that is no operation may answer. */
export const PROBLEM_ONLY: Contents = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } }
};
