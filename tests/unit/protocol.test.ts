/** docs/PROTOCOL.md and the schema agree on what can be said. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Fact, Order } from '../../schema/index.js';

const protocol = readFileSync('docs/PROTOCOL.md', 'utf8');

/** The words in the first column of the section's table, with what stands beside them. */
function described(section: string): string[] {
  const text = new RegExp(`^## \\d+\\. ${section}\\n([^]*?)(?=^## |(?![^]))`, 'm').exec(
    protocol
  )?.[1];
  return [...(text ?? '').matchAll(/^\| `([^`]+)` \|.*\w.*\|$/gm)].flatMap(row => row[1] ?? []);
}

describe('the protocol', () => {
  it('[A40] describes every event and command, and no other', () => {
    expect(described('Events')).toEqual(Fact.options.map(({ shape }) => shape.type.value));
    expect(described('Commands')).toEqual(Order.options.map(({ shape }) => shape.type.value));
  });
});
