import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventStreamParser } from '../../../src/client/event-stream.js';

const messages = [
  { id: '1', data: '{"text":"naïve — 12 €"}' },
  { id: '2', data: '{"text":"second"}' },
  { id: '3', data: 'two\nlines' }
];

function wire(end: string): string {
  return messages
    .map(({ id, data }) => {
      const lines = data.split('\n').map(line => `data: ${line}${end}`);
      return `: still here${end}${end}id: ${id}${end}event: message${end}${lines.join('')}${end}`;
    })
    .join('');
}

describe('the parser of the live stream', () => {
  it.each(['\n', '\r\n', '\r'])('[U10] reads messages however the stream is cut (%j)', end => {
    const text = wire(end);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const parser = new EventStreamParser();
        const read = places.flatMap((place, index) =>
          parser.push(text.slice(place, places[index + 1] ?? text.length))
        );
        // The last line ending may be half of a CRLF; the next byte settles it.
        expect([...read, ...parser.push(': end')]).toEqual(messages);
      })
    );
  });

  it('[U10] gives nothing for comments alone', () => {
    expect(new EventStreamParser().push(': welcome\n\n: still here\n\n')).toEqual([]);
  });
});
