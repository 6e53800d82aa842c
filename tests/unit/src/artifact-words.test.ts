import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { errorNote, restNote, streamNote } from '../../../agent/core/outputs/spill-words.js';
import type { ArtifactLink, GrowingLink } from '../../../schema/artifact.js';
import { RefusedError, UnreachableError } from '../../../src/client/problem.js';
import {
  countWords,
  fileName,
  oddNote,
  sizeWords,
  titleOf,
  troubleWords
} from '../../../src/panels/artifacts/artifact-words.js';
import { continues } from '../../../src/panels/artifacts/kept-open.js';
import { lookOf, preferred, valueOf } from '../../../src/panels/artifacts/part-look.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const text = { mediaType: 'text/plain', bytes: 12_300_000, lines: 1_000_000 };
const whole = { ...text, hash: 'a'.repeat(64), key: 'k' } as ArtifactLink;
const growing: GrowingLink = { ...text, upload: 'run-0' };

describe('what is kept outside the document, in words', () => {
  it('[AV5] says how much there is, and that it grows', () => {
    const line = 1;
    expect(sizeWords(whole, trans)).toBe(`12.3 MB, ${(1e6).toLocaleString()} lines`);
    expect(sizeWords({ ...growing, lines: line }, trans)).toBe('12.3 MB, 1 line so far');
    const { lines: _, ...image } = { ...whole, mediaType: 'image/png' };
    expect(sizeWords(image, trans)).toBe('12.3 MB');
  });

  it('[VD5] says of an error and of further outputs what they are, and what could not be kept', () => {
    expect(titleOf('stdout', '1 MB', trans)).toBe('1 MB');
    expect(titleOf('traceback', '1 MB', trans)).toBe('All of the error: 1 MB');
    expect(titleOf('outputs', '1 MB', trans)).toBe('Further outputs: 1 MB');
    const lost = { bytes: 5, reason: 'Because.' };
    for (const [name, note] of [
      ['stderr', streamNote],
      ['traceback', errorNote],
      ['outputs', restNote]
    ] as const) {
      expect(oddNote(name, 300_000, note(300_000))).toBe('');
      expect(oddNote(name, 300_000, note(300_000, lost))).toContain('could not be kept: Because.');
    }
  });

  it('[AV5] tells a removed output, a missing right and a host that is away apart', () => {
    const refused = (status: number) => new RefusedError('unknown-stream', 'Because.', status);
    expect(troubleWords(refused(404), trans)).toBe(
      'This output is not kept here any more. Run the cell again to have it anew. (Because.)'
    );
    expect(troubleWords(refused(403), trans)).toBe(
      'You may not see this output. Because. If you should, ask whoever runs this server.'
    );
    expect(troubleWords(refused(400), trans)).toBe('Because.');
    expect(troubleWords(new UnreachableError('Because.'), trans)).toBe(
      'Colophon does not answer: Because.'
    );
    expect(troubleWords(new Error('Because.'), trans)).toBe('This could not be shown: Because.');
  });

  it('[AV5] counts matches, and says when there may be more', () => {
    const search = { needle: { text: 'a', matchCase: false }, current: 2, isSearching: false };
    const matches = Array.from({ length: 812 }, (_, line) => ({ line, at: 0 }));
    expect(countWords({ ...search, matches, isComplete: true }, trans)).toBe('3 of 812');
    expect(countWords({ ...search, matches, isComplete: false }, trans)).toBe('3 of 812+');
    const none = { ...search, matches: [], current: -1 };
    expect(countWords({ ...none, isComplete: true }, trans)).toBe('No match');
    expect(countWords({ ...none, isComplete: false, isSearching: true }, trans)).toBe('Searching…');
    expect(countWords({ ...none, needle: undefined, isComplete: true }, trans)).toBe('');
  });

  it('[AV5] names a file by what it is', () => {
    const names = ['text/plain', 'image/png', 'image/svg+xml', 'application/vnd.vega.v5+json'];
    expect(names.map(type => fileName(type, 'o'))).toEqual(['o.txt', 'o.png', 'o.svg', 'o.json']);
    expect(fileName('application/x-../../etc')).toBe('output.bin');
  });

  it('[AV6] shows of a display what JupyterLab would show, as far as it may be shown', () => {
    const order = ['text/html', 'image/png', 'image/svg+xml', 'text/plain'];
    const all = new Set(['text/plain', 'image/png', 'text/html']);
    expect(preferred(order, all, () => true)).toBe('text/html');
    expect(preferred(order, all, type => type !== 'text/html')).toBe('image/png');
    expect(preferred(order, new Set(['x/y']), () => true)).toBeUndefined();
    const types = ['image/svg+xml', 'text/plain', 'text/html', 'application/json', 'video/mp4'];
    expect(types.map(lookOf)).toEqual(['image', 'text', 'html', 'rendered', 'file']);
    expect(valueOf('application/vnd.x+json', '{"a":1}')).toEqual({ a: 1 });
    expect(valueOf('text/markdown', '{"a":1}')).toBe('{"a":1}');
    expect(() => valueOf('application/json', 'cut {')).toThrow();
  });

  it('[AV7] knows the same stream again that has grown or ended, and never another one', () => {
    const shown = (link: ArtifactLink | GrowingLink, name = 'stdout') => ({
      ...{ name, link, tail: '', note: '' }
    });
    const more = { ...growing, bytes: 13_000_000 };
    expect(continues(shown(growing), shown(more))).toBe(true);
    expect(continues(shown(growing), shown({ ...whole, bytes: 13_000_000 }))).toBe(true);
    expect(continues(shown(growing), shown({ ...more, upload: 'run-1' }))).toBe(false);
    expect(continues(shown(growing), shown(more, 'stderr'))).toBe(false);
    expect(continues(shown(growing), shown({ ...whole, bytes: 5 }))).toBe(false);
    expect(continues(shown(whole), shown(growing))).toBe(false);
  });
});
