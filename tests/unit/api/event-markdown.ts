/** The pages of the types of events as Markdown, for docs/events; the API serves them as HTML. */
import type { EventType } from '../../../agent/api/event-types/catalog.js';
import { eventTypeText } from '../../../agent/api/event-types/page.js';

const MADE =
  '<!-- Made from the schemas by tests/unit/api/event-types.test.ts; `vitest -u` writes it anew. -->';
const cell = (text: string) => text.replaceAll('|', String.raw`\|`);

/** The page of one type. */
export function eventMarkdown(type: EventType): string {
  const { title, summary, statedBy, versions, posting, ...text } = eventTypeText(type);
  const rows = text.fields.map(
    ({ name, type: kind, required, meaning }) =>
      `| \`${name}\` | ${cell(kind)}${required ? '' : ', may be absent'} | ${cell(meaning)} |`
  );
  const fields =
    rows.length === 0
      ? 'None.'
      : ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
  return [
    MADE,
    `# \`${title}\``,
    summary,
    `Stated by: ${statedBy}. Versions: ${versions}. ${posting}`,
    `## ${text.fieldsTitle}`,
    fields,
    '## Example',
    `\`\`\`json\n${text.example}\n\`\`\``,
    ...(text.curl === undefined ? [] : ['## Post it', `\`\`\`\n${text.curl}\n\`\`\``]),
    `The JSON Schema is at \`api/event-types/${title}/schema\`. [All types](README.md)\n`
  ].join('\n\n');
}

/** The list of all types. */
export function indexMarkdown(types: readonly EventType[]): string {
  const rows = types.map(
    ({ type, statedBy, summary }) =>
      `| [\`${type}\`](${type}.md) | ${cell(statedBy)} | ${cell(summary)} |`
  );
  return [
    MADE,
    '# Types of events',
    'The envelope around each of them is in [PROTOCOL](../PROTOCOL.md#5-events).',
    `${['| type | stated by | says |', '|---|---|---|', ...rows].join('\n')}\n`
  ].join('\n\n');
}
