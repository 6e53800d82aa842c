/** Schemas of ours as JSON Schema (draft 2020-12), without what says nothing to a reader. */
import { z } from 'zod';

/** One schema object, or the part of one. */
export interface JsonSchema {
  readonly description?: string | undefined;
  readonly [keyword: string]: unknown;
}

/** What a sender may write, self-contained. What JSON Schema cannot say is left open. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, JSON_SCHEMA);
  return rest;
}

/** How schemas of ours become JSON Schema. */
export const JSON_SCHEMA = {
  target: 'draft-2020-12',
  io: 'input',
  unrepresentable: 'any',
  override: ({ jsonSchema: made }: { jsonSchema: Record<string, unknown> }) => {
    if (made['minimum'] === Number.MIN_SAFE_INTEGER) {
      delete made['minimum'];
    }
    if (made['maximum'] === Number.MAX_SAFE_INTEGER) {
      delete made['maximum'];
    }
    // The format says it.
    if (made['format'] !== undefined) {
      delete made['pattern'];
    }
  }
} as const;
