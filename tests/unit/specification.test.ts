/**
 * docs/SPEC.md and the tests agree: each rule has a test whose title begins with its number, and
 * each number in a title is a rule.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const RULE = /^- \*\*([A-Z]{1,2}\d+)\*\* /gm;
const TITLE = /["'`]\s*\[([A-Z]{1,2}\d+)\] /g;

function numbers(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(match => match[1] ?? []);
}

const rules = numbers(readFileSync('docs/SPEC.md', 'utf8'), RULE);
const titles = readdirSync('tests', { recursive: true, encoding: 'utf8' })
  .filter(name => /\.(ts|tsx|py)$/.test(name))
  .flatMap(name => numbers(readFileSync(join('tests', name), 'utf8'), TITLE));

describe('the specification', () => {
  it('gives each number once', () => {
    expect(rules.filter((rule, index) => rules.indexOf(rule) !== index)).toEqual([]);
  });

  it('has a test for each rule', () => {
    expect(rules.filter(rule => !titles.includes(rule))).toEqual([]);
  });

  it('has a rule for each test that cites one', () => {
    expect([...new Set(titles)].filter(title => !rules.includes(title))).toEqual([]);
  });
});
