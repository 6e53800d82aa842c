/** The codec of the pipe between server and host. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadFrame, FrameReader, encodeFrame } from '../../../agent/tap/frames.js';

const header = (length: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
};

describe('frames', () => {
  it('[A1] gives back every frame, wherever the bytes were cut', () => {
    const frame = fc.record({
      header: fc.record({ type: fc.string({ unit: 'grapheme' }), n: fc.integer() }),
      payload: fc.uint8Array({ maxLength: 300 })
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.nat({ max: 40 }), (frames, size) => {
        const bytes = Buffer.concat(frames.map(one => encodeFrame(one.header, one.payload)));
        const reader = new FrameReader();
        const read = [];
        for (let at = 0; at < bytes.length; at += size + 1) {
          read.push(...reader.push(bytes.subarray(at, at + size + 1)));
        }
        expect(read).toEqual(frames);
      })
    );
  });

  it('[A2] refuses bytes that are no frames', () => {
    const bad = [
      header(3),
      header(0xffff_ffff),
      Buffer.concat([header(8), header(9), Buffer.alloc(4)]),
      Buffer.concat([header(6), header(2), Buffer.from('{]')])
    ];
    for (const bytes of bad) {
      expect(() => new FrameReader().push(bytes)).toThrow(BadFrame);
    }
  });
});
