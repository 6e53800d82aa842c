import { execFileSync } from 'node:child_process';
import { nullTranslator } from '@jupyterlab/translation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fact } from '../../../schema/index.js';
import { Post } from '../../../schema/post.js';
import { postCommand, tailCommand } from '../../../src/panels/streams/curl.js';
import { checkDraft, type Draft, EMPTY_DRAFT, tidied } from '../../../src/panels/streams/draft.js';
import { jsonPlace } from '../../../src/panels/streams/json-place.js';
import { postPresets } from '../../../src/words/post-presets.js';

const trans = nullTranslator.load('');
const check = (draft: Partial<Draft>) => checkDraft({ ...EMPTY_DRAFT, type: 't', ...draft }, trans);
const errors = (draft: Partial<Draft>) => {
  const checked = check(draft);
  return 'errors' in checked ? checked.errors : {};
};

describe('a draft', () => {
  it('[B2] becomes a post with the fields that were filled in', () => {
    expect(check({ payload: '{"a": [1]}', idempotencyKey: ' k ', expectedOffset: '7' })).toEqual({
      post: { type: 't', payload: { a: [1] }, idempotencyKey: 'k', expectedOffset: 7 }
    });
    expect(check({ payload: ' ' })).toEqual({ post: { type: 't', payload: {} } });
  });

  it('[S13] keeps its keys as they were written', () => {
    for (const key of ['\\', '"', '\n']) {
      const payload = { k: 1, [key]: 2 };
      const text = JSON.stringify(payload);
      expect(check({ payload: text })).toEqual({ post: { type: 't', payload } });
      expect(tidied(text)).toBe(JSON.stringify(payload, null, 2));
    }
  });

  it('[B2] is told at each field what is wrong with it, and where', () => {
    expect(errors({ type: ' ' })).toHaveProperty('type', 'An event needs a type.');
    expect(errors({ payload: '{\n  "a": ]' }).payload).toBe(
      'This is not JSON: “]” in line 2, column 8.'
    );
    expect(errors({ payload: '{"a": 1' }).payload).toMatch(/ends too early, in line 1, column 8/);
    expect(errors({ payload: '[1]' }).payload).toMatch(/JSON object/);
    expect(errors({ payload: '"text"' }).payload).toMatch(/JSON object/);
    expect(Object.keys(errors({ expectedOffset: '0' }))).toEqual(['expectedOffset']);
    expect(Object.keys(errors({ idempotencyKey: 'x'.repeat(300) }))).toEqual(['idempotencyKey']);
    expect(tidied('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(tidied('{"a":')).toBe('{"a":');
  });

  it('[B2] is wrong in the very word in which it was broken', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (json, at) => {
        fc.pre(!json.includes('"'));
        const place = at % (json.length + 1);
        const { line, column } = jsonPlace(`${json.slice(0, place)}%${json.slice(place)}`);
        expect(line).toBe(1);
        expect(json.slice(column - 1, place)).toMatch(/^[\w.+-]*$/);
        expect(column - 1).toBeLessThanOrEqual(place);
        expect(jsonPlace(json)).toEqual({ line: 1, column: json.length + 1, found: '' });
      })
    );
  });

  it('[B2] may begin with any preset: each is a post, and what the schema takes', () => {
    const presets = postPresets(trans);
    expect(presets.length).toBeGreaterThan(4);
    for (const { type, payload, purpose } of presets) {
      expect(purpose).not.toBe('');
      expect(check({ type, payload: JSON.stringify(payload) })).toHaveProperty('post.type', type);
    }
    for (const { type, payload } of presets.slice(1)) {
      expect(Fact.safeParse({ type, v: 1, data: payload }).success).toBe(true);
    }
  });
});

describe('the commands for a shell', () => {
  it('[B10] give the shell the words as they are, whatever is in them', () => {
    const echo = (command: string) =>
      execFileSync('sh', ['-c', command.replace(/^curl/, `printf '%s\\n'`)], {
        encoding: 'utf8',
        env: { TOKEN: 'secret' }
      }).split('\n');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), text => {
        const post = Post.parse({ type: 't', payload: { text } });
        const words = echo(postCommand('http://lab/colophon/api/streams/a', post));
        expect(words[1]).toBe('Authorization: token secret');
        expect(JSON.parse(words[3] ?? '')).toEqual(post);
        expect(words[4]).toBe('http://lab/colophon/api/streams/a');
      }),
      { numRuns: 25 }
    );
    expect(tailCommand('http://lab/a')).toBe(
      `curl -NH "Authorization: token $TOKEN" 'http://lab/a?live=true' | sed -nu 's/^data: //p' | jq .`
    );
  });
});
