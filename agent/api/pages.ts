/** The pages that describe the API and the types of events, made of the same data as the JSON. */
import type { EventType } from './event-types/catalog.js';
import { eventTypeText } from './event-types/page.js';
import type { Field } from './event-types/fields.js';
import { html, prose, type Html } from './html.js';
import { nameOf } from './openapi/components.js';
import { PATH_PARTS } from './openapi/document.js';
import type { Content, Operation } from './openapi/operation.js';
import { OPERATIONS } from './openapi/operations.js';
import { jsonSchema } from './event-types/json-schema.js';
import { z } from 'zod';

/** The page of a type; it lies below `event-types/`. */
export function eventTypePage(type: EventType): Html {
  const text = eventTypeText(type);
  return html` <p>
      <a href="../docs">The API</a> · <a href="../event-types">All types of events</a>
    </p>
    <h1><code>${text.title}</code></h1>
    <p>${prose(text.summary)}</p>
    <p>Stated by: ${text.statedBy}. Versions: ${text.versions}. ${text.posting}</p>
    <section>
      <h2>${prose(text.fieldsTitle)}</h2>
      ${fieldTable(text.fields)}
    </section>
    <section>
      <h2>Example</h2>
      <pre>${text.example}</pre>
    </section>
    ${
      text.curl === undefined
        ? []
        : html`<section>
            <h2>Post it</h2>
            <pre>${text.curl}</pre>
          </section>`
    }
    <section>
      <h2>JSON Schema</h2>
      <p><a href="${`${text.title}/schema`}">As a file</a></p>
      <details>
        <summary>Of the whole event</summary>
        <pre>${text.schema}</pre>
      </details>
    </section>`;
}

/** The list of all types; it lies beside `event-types/`. */
export function eventTypeList(types: readonly EventType[]): Html {
  return html` <p><a href="docs">The API</a></p>
    <h1>Types of events</h1>
    ${typeTable(types)}`;
}

/** All operations and types. */
export function apiPage(types: readonly EventType[]): Html {
  const tags = [...new Set(OPERATIONS.map(({ tag }) => tag))];
  return html` <h1>Colophon's HTTP API</h1>
    <p>
      For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1). A request bears
      <code>Authorization: token …</code> with a token of Jupyter Server, or
      <code>Authorization: Bearer …</code> with one of <code>colophon serve</code>. A refusal is
      <code>application/problem+json</code> with a <code>code</code>, and a <code>detail</code> that
      says what to do.
    </p>
    ${tags.map(
      tag =>
        html`<section>
          <h2>${tag}</h2>
          ${OPERATIONS.filter(one => one.tag === tag).map(operationPart)}
        </section>`
    )}
    <section>
      <h2>Types of events</h2>
      <p>
        Beside these there are those that people post. A type of theirs that is a URL links to
        itself.
      </p>
      ${typeTable(types)}
    </section>`;
}

function operationPart(operation: Operation): Html {
  const { id, method, path, summary, description, body, answers, refusals = [] } = operation;
  const base = operation.byServer ? 'colophon' : 'colophon/api';
  const parameters = fieldsOfParameters(operation);
  return html` <article id="${id}">
    <h3><code>${method} ${base}${path}</code></h3>
    <p>${prose(summary)} ${description === undefined ? [] : prose(description)}</p>
    ${parameters.length === 0 ? [] : fieldTable(parameters)}
    ${body === undefined ? [] : html`<p>Body: ${contents(body)}.</p>`}
    <p>
      Answers: ${answers === null ? 'a websocket' : contents(answers)}.
      ${refusals.length === 0 ? [] : html`Refuses with ${refusals.map((code, index) => html`${index === 0 ? '' : ', '}<code>${code}</code>`)}.`}
    </p>
  </article>`;
}

function fieldsOfParameters({ path, parameters = {} }: Operation): Field[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    type: 'in the path',
    required: true,
    meaning: PATH_PARTS[name] ?? ''
  }));
  const others = Object.entries(parameters).map(([name, { in: place, schema, required }]) => ({
    name,
    type: `in the ${place}`,
    required: required ?? false,
    meaning: jsonSchema(schema).description ?? ''
  }));
  return [...inPath, ...others];
}

function contents(of: Readonly<Record<string, Content>>): Html {
  const words = Object.entries(of).map(
    ([type, content], index) =>
      html`${index === 0 ? '' : ', '}<code>${type}</code>${
        content instanceof z.ZodType ? schemaWords(content) : ` (${content.text})`
      }`
  );
  return html`${words}`;
}

function schemaWords(schema: z.ZodType): string {
  const name = nameOf(schema);
  if (name !== undefined) {
    return ` (${name})`;
  }
  return schema instanceof z.ZodObject ? ` ({${Object.keys(schema.shape).join(', ')}})` : '';
}

function fieldTable(fields: readonly Field[]): Html {
  return fields.length === 0
    ? html`<p>None.</p>`
    : html`<table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Type</th>
            <th>Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${fields.map(
            field =>
              html`<tr>
                <td><code>${field.name}</code></td>
                <td>${prose(field.type)}${field.required ? '' : ', may be absent'}</td>
                <td>${prose(field.meaning)}</td>
              </tr> `
          )}
        </tbody>
      </table>`;
}

function typeTable(types: readonly EventType[]): Html {
  return html`<table>
    <thead>
      <tr>
        <th>Type</th>
        <th>Stated by</th>
        <th>Says</th>
      </tr>
    </thead>
    <tbody>
      ${types.map(
        ({ type, statedBy, summary }) =>
          html`<tr>
            <td>
              <a href="${`event-types/${type}`}"><code>${type}</code></a>
            </td>
            <td>${statedBy}</td>
            <td>${prose(summary)}</td>
          </tr> `
      )}
    </tbody>
  </table>`;
}
