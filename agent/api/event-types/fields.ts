/** The fields of a JSON Schema as rows that a person reads: name, type in words, meaning. */
import type { JsonSchema } from './json-schema.js';

export interface Field {
  /** With those that it stands in: `error.ename`, `outputs[].digest`. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** Empty if the schema does not say it. */
  readonly meaning: string;
}

/** The fields of an object, each followed by its own. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(propertiesOf(schema)).flatMap(([key, field]) => {
    const name = prefix + key;
    return [
      {
        name,
        type: typeOf(field),
        required: required.includes(key),
        meaning: meaningOf(field)
      },
      ...fieldsWithin(field, name)
    ];
  });
}

function fieldsWithin(field: JsonSchema, name: string): Field[] {
  const items = field['items'] as JsonSchema | undefined;
  if (items !== undefined) {
    return fieldsWithin(items, `${name}[]`);
  }
  const within = alternativesOf(field).flatMap(one => fieldsOf(one, `${name}.`));
  // What several alternatives have in common stands once.
  return within.filter(
    (one, index) =>
      within.findIndex(other => other.name === one.name && other.type === one.type) === index
  );
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema['properties'] ?? {}) as Record<string, JsonSchema>;
}

function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  return (schema['anyOf'] ?? schema['oneOf'] ?? [schema]) as readonly JsonSchema[];
}

function meaningOf(field: JsonSchema): string {
  const { description: own } = field;
  if (own !== undefined) {
    return own;
  }
  const said = alternativesOf(field).flatMap(({ description }) => description ?? []);
  if (said.length > 0) {
    return said.join(' ');
  }
  return 'const' in field ? 'Always this.' : '';
}

/** In words: `whole number from 1`, `text of 1 to 128 characters or null`. */
function typeOf(schema: JsonSchema): string {
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 1) {
    return [...new Set(alternatives.map(typeOf))].join(' or ');
  }
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values)) {
    return values.map(value => `\`${String(value)}\``).join(', ');
  }
  switch (schema['type']) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return `whole number${bounds(schema, 'minimum', 'maximum', '')}`;
    case 'number':
      return `number${bounds(schema, 'minimum', 'maximum', '')}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      return `list of ${typeOf((schema['items'] ?? {}) as JsonSchema)}`;
    case 'object':
      return 'object';
    default:
      return 'anything';
  }
}

function textOf(schema: JsonSchema): string {
  switch (schema['format']) {
    case 'date-time':
      return 'time (ISO 8601)';
    case 'uri':
      return 'URL';
    default:
      return `text${bounds(schema, 'minLength', 'maxLength', ' characters')}`;
  }
}

function bounds(schema: JsonSchema, least: string, most: string, unit: string): string {
  const from = schema[least];
  const to = schema[most];
  if (typeof to === 'number') {
    return typeof from === 'number' ? ` of ${from} to ${to}${unit}` : ` of at most ${to}${unit}`;
  }
  return typeof from === 'number' ? ` from ${from}${unit}` : '';
}
