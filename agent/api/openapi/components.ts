/**
 * The named schemas of the description: events by their types, commands, and the bodies. A schema
 * that an operation uses and that has a name here is referred to by it.
 */
import { z } from 'zod';
import { Actor, Fact, Order, CommandId, Post, Problem, StreamPath } from '../../../schema/index.js';
import { PostedEvent, publishedSchema } from '../event-types/catalog.js';
import { JSON_SCHEMA, type JsonSchema } from '../event-types/json-schema.js';
import * as bodies from './bodies.js';
import { StreamState } from './stream-state.js';

const names = z.registry<{ id: string }>();

function named<T extends z.ZodType>(id: string, schema: T): T {
  names.add(schema, { id });
  return schema;
}

const facts = Fact.options
  .filter(({ shape }) => shape.type.value !== 'event.posted')
  .map(fact => named(fact.shape.type.value, publishedSchema(fact)));

/** An event of any type, as the API shows it. */
export const AnyEvent = named(
  'Event',
  z
    .union([...facts, named('PostedEvent', PostedEvent)])
    .describe('A fact of one of our types, by its `type`; or an event that somebody posted.')
);

export const AnyCommand = named(
  'Command',
  z
    .union(
      Order.options.map(({ shape }) =>
        named(
          `command.${shape.type.value}`,
          z.strictObject({ id: CommandId, stream: StreamPath, ...shape })
        )
      )
    )
    .describe('What may be asked for, and refused.')
);

named('Actor', Actor);
named('Post', Post);
named('Problem', Problem);
named('StreamState', StreamState);
for (const [id, body] of Object.entries(bodies)) {
  named(id, body);
}

/** Where a component is referred to. */
export const reference = (id: string): string => `#/components/schemas/${id}`;

/** The name of a schema, if it has one. */
export function nameOf(schema: z.ZodType): string | undefined {
  return names.get(schema)?.id;
}

/** All of them, by name, as JSON Schema. */
export function components(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(names, { ...JSON_SCHEMA, uri: reference });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _draft, $id: _id, ...schema }]) => [id, schema])
  );
}
