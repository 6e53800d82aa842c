/** The OpenAPI description: of every route, and sound in itself. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../agent/api/openapi/document.js';
import { OPERATIONS } from '../../../agent/api/openapi/operations.js';
import { ROUTES } from '../../../agent/api/routes.js';
import { Fact, ProblemCode } from '../../../schema/index.js';

const document = openApiDocument('1.2.3');
const text = JSON.stringify(document);

/** Every value below one, with the path that leads to it. */
function* walk(value: unknown, path = '#'): Generator<readonly [string, unknown]> {
  yield [path, value];
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      yield* walk(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    }
  }
}

const values = new Map(walk(document));

describe('the OpenAPI description', () => {
  it('[O1] has an operation for every route, and a route for every operation of the host', () => {
    const addressOf = (path: string) => `/api${path.replace(/\{\w+\}/g, 'agent.ready')}`;
    const routeOf = (method: string, path: string) =>
      ROUTES.find(route => route.method === method && route.pattern.test(addressOf(path)));
    const described = OPERATIONS.filter(({ byServer }) => !byServer);
    const unserved = described.filter(({ method, path }) => routeOf(method, path) === undefined);
    expect(unserved).toEqual([]);
    const served = new Set(described.map(({ method, path }) => routeOf(method, path)));
    const undescribed = ROUTES.filter(route => !served.has(route));
    expect(
      undescribed.map(({ method, pattern }) => `${method} ${pattern}: add it to agent/api/openapi`)
    ).toEqual([]);
  });

  it('[O2] is OpenAPI 3.1: every reference leads somewhere, every name stands once', () => {
    expect(document.openapi).toBe('3.1.0');
    for (const [path, value] of values) {
      const ref = (value as { $ref?: string } | null)?.$ref;
      if (typeof ref === 'string') {
        expect([path, values.has(ref)]).toEqual([path, true]);
      }
    }
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(OPERATIONS.length);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (method === 'servers') {
          continue;
        }
        const { parameters, responses, tags } = operation as {
          parameters: { name: string; in: string; schema: unknown; description: string }[];
          responses: Record<string, { description: string }>;
          tags: string[];
        };
        const inPath = parameters.filter(one => one.in === 'path').map(({ name }) => `{${name}}`);
        expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
        expect(parameters.every(one => one.schema && one.description)).toBe(true);
        expect(Object.values(responses).every(one => one.description.length > 3)).toBe(true);
        expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(tags));
      }
    }
  });

  it('[O2] has only schemas that are JSON Schema, and examples that they take', () => {
    const ajv = new Ajv2020({ strict: false, formats: { base64: true } });
    addFormats(ajv);
    ajv.addSchema({ $id: 'api', components: document.components });
    let examples = 0;
    for (const [path, value] of values) {
      const { schema, example } = (value ?? {}) as { schema?: object; example?: unknown };
      const inPaths = path.startsWith('#/paths/');
      if ((inPaths && schema !== undefined) || /^#\/components\/schemas\/[^/]+$/.test(path)) {
        const whole = JSON.stringify(inPaths ? schema : value).replaceAll('"#/', '"api#/');
        const validate = ajv.compile(JSON.parse(whole) as object);
        if (inPaths && example !== undefined) {
          examples += 1;
          expect([path, validate(example)]).toEqual([path, true]);
        }
      }
    }
    expect(examples).toBe(OPERATIONS.filter(({ bodyExample }) => bodyExample).length);
  });

  it('[O2] names every type of event and every problem', () => {
    const shown = Fact.options.map(({ shape }) => shape.type.value).slice();
    const missing = shown.filter(
      type => type !== 'event.posted' && !(type in document.components.schemas)
    );
    expect(missing).toEqual([]);
    const unsaid = ProblemCode.options.filter(
      code => !text.includes(`\`${code}\``) && code !== 'method-not-allowed'
    );
    expect(unsaid).toEqual([]);
  });

  it('[O3] holds nothing of the machine, and addresses relative to its own', () => {
    const urls = [...values].flatMap(([path, value]) =>
      path.endsWith('/url') && typeof value === 'string' ? [value] : []
    );
    expect(new Set(urls)).toEqual(new Set(['../api', '../../colophon']));
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/localhost|127\.0\.0\.1:\d/);
    expect(text).toBe(JSON.stringify(openApiDocument('1.2.3')));
  });
});
