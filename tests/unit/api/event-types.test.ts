/** What is said of each type of event: complete, true to the schemas, and the same everywhere. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  eventTypes,
  PostedEvent,
  publishedSchema
} from '../../../agent/api/event-types/catalog.js';
import { fieldsOf } from '../../../agent/api/event-types/fields.js';
import { readPost } from '../../../agent/loop/post-draft.js';
import { Fact, POSTABLE_FACTS } from '../../../schema/index.js';
import { eventMarkdown, indexMarkdown } from './event-markdown.js';

/** Type, who states it and what it says, as the table of docs/PROTOCOL.md has them. */
function protocolRows(): Record<string, readonly string[]> {
  const [, section = ''] = readFileSync('docs/PROTOCOL.md', 'utf8').split('\n## 5. Events\n');
  const rows = section.matchAll(/^\| `([^`]+)` \| (.*?) \| (.*?) \|$/gm);
  const entries = [...rows].map(([, type = '', by = '', says = '']) => [type, [by, says]] as const);
  return Object.fromEntries<readonly string[]>(entries);
}

describe('the types of events', () => {
  it('[O6] say in the schema what docs/PROTOCOL.md says, word for word', () => {
    const rows = protocolRows();
    const ours = Object.fromEntries(
      eventTypes().map(({ type, statedBy, summary }) => [type, [statedBy, summary]])
    );
    // It is no fact but an event of the open API, and told under "Posting".
    delete ours['invalid-event-appended'];
    expect(ours).toEqual(rows);
  });

  it('[O6] say what each of their fields means', () => {
    const silent = eventTypes().flatMap(({ type, own }) =>
      fieldsOf(own).flatMap(({ name, meaning }) => (meaning === '' ? [`${type}: ${name}`] : []))
    );
    expect(silent).toEqual([]);
  });

  it('[O6] have an example, which both the schema and its JSON Schema take', () => {
    const ajv = new Ajv2020({ strict: false, formats: { base64: true } });
    addFormats(ajv);
    const schemas = new Map<string, z.ZodType>(
      Fact.options.map(fact => [fact.shape.type.value, publishedSchema(fact)])
    );
    for (const { type, example, schema } of eventTypes()) {
      const validate = ajv.compile(schema);
      validate(example);
      expect([type, validate.errors]).toEqual([type, null]);
      const shown = schemas.get(type) ?? PostedEvent;
      expect([type, shown.safeParse(example).error]).toEqual([type, undefined]);
      // An example that lost a field is no event.
      const { offset: _offset, ...without } = example;
      expect(validate(without)).toBe(false);
    }
  });

  it('[O6] tell which of them may be posted', () => {
    const postable = eventTypes().flatMap(({ type, postable: may }) => (may ? [type] : []));
    const expected = POSTABLE_FACTS.map(({ shape }) => shape.type.value);
    const open = ['event.posted', 'invalid-event-appended'];
    expect(postable.toSorted()).toEqual([...open, ...expected].toSorted());
  });

  it('[O6] include that of a body that is no event, as it is kept', () => {
    const found = eventTypes().find(({ type }) => type === 'invalid-event-appended');
    const kept = readPost(found?.sent ?? null);
    expect(found?.example).toMatchObject({ type: kept.type, payload: kept.payload });
  });

  it('[O7] are described in docs/events as the schemas say now (vitest -u writes them)', async () => {
    mkdirSync('docs/events', { recursive: true });
    const root = `${process.cwd()}/docs/events`;
    await expect(indexMarkdown(eventTypes())).toMatchFileSnapshot(`${root}/README.md`);
    for (const type of eventTypes()) {
      await expect(eventMarkdown(type)).toMatchFileSnapshot(`${root}/${type.type}.md`);
    }
    const files = eventTypes().map(({ type }) => `${type}.md`);
    expect(readdirSync(root).toSorted()).toEqual([...files, 'README.md'].toSorted());
  });
});
