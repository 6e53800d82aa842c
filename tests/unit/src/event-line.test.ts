import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { Event, StreamPath } from '../../../schema/index.js';
import { EventFilter } from '../../../src/words/event-filter.js';
import { eventJson, isOwnType, shortText, typeOf } from '../../../src/words/event-line.js';
import { eventAt } from './event-at.js';

const trans = nullTranslator.load('');

function posted(
  offset: number,
  type: string,
  payload: Record<string, never> | object,
  by = 'alice'
) {
  const { type: _type, v: _v, data: _data, ...envelope } = eventAt(offset);
  return {
    ...envelope,
    stream: '/team' as StreamPath,
    actor: { kind: 'human', id: by, name: by.toUpperCase() },
    type: 'event.posted',
    v: 1,
    data: { type, payload }
  } as Event;
}

describe('an event in one line', () => {
  it('[B1] shows its sender’s type and what it says first, ids last and short', () => {
    const event = posted(1, 'measured', {
      sensorId: '19a5fa5f-152a-4042-bb1b-368da41f78e2',
      celsius: 21.4,
      text: 'warm\n  and dry'
    });
    expect(typeOf(event)).toBe('measured');
    expect(isOwnType(event)).toBe(false);
    expect(shortText(event)).toBe('warm ⏎ and dry · celsius: 21.4 · sensorId: 19a5fa5f');
    expect(JSON.parse(eventJson(event))).toMatchObject({
      streamPath: '/team',
      createdAt: event.at,
      type: 'measured',
      payload: { celsius: 21.4 }
    });
  });

  it('[B1] says of a run what a person follows: what came out, what was typed', () => {
    const about = (type: string, data: object) => shortText({ ...eventAt(1), type, data } as Event);
    const digest = 'a'.repeat(64);
    const output = { outputType: 'stream', name: 'stdout', preview: 'epoch 3\n', bytes: 9, digest };
    expect(about('output.changed', { cellId: 'one', index: 0, output })).toMatch(/^epoch 3/);
    expect(about('output.added', { cellId: 'one', index: 0, outputs: [output] })).toMatch(
      /^epoch 3/
    );
    const grown = { ...output, preview: 'epoch 3\nepoch 4\n' };
    expect(about('output.changed', { cellId: 'one', index: 0, output: grown })).toMatch(
      /^… epoch 4 ·/
    );
    const splice = { at: 3, deleted: 'a', inserted: 'b\nc' };
    expect(about('cell.source-changed', { cellId: 'one', splice })).toBe(
      '− a + b ⏎ c · cellId: one'
    );
  });

  it('[B1] stays short whatever is posted', () => {
    const deep = { a: { b: { c: { d: { e: 'x'.repeat(9_999) } } } }, list: Array(999).fill('y') };
    expect(shortText(posted(1, 't', deep)).length).toBeLessThanOrEqual(240);
    expect(shortText(posted(1, 't', {}))).toBe('');
  });
});

describe('the filter of events', () => {
  const events = [
    posted(1, 'chat.said', { text: 'Hello Bob' }),
    posted(2, 'chat.said', { text: 'hello again' }, 'bob'),
    posted(3, 'measured', { text: 'nothing of chat' })
  ];
  const found = (filter: string) =>
    new EventFilter(trans).matching(events, filter).map(({ offset }) => offset);

  it('[B5] finds every word anywhere, or where it is asked for, and leaves out what is not wanted', () => {
    expect(found('')).toEqual([1, 2, 3]);
    expect(found('bob')).toEqual([1, 2]);
    expect(found('by:bob')).toEqual([2]);
    expect(found('type:chat')).toEqual([1, 2]);
    expect(found('chat')).toEqual([1, 2, 3]);
    expect(found('HELLO -by:bob')).toEqual([1]);
    expect(found('text:again type:measured')).toEqual([]);
  });
});
