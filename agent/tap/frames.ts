/**
 * Frames on the pipe between server extension and host, as docs/PROTOCOL.md §2 defines them: length
 * of the rest, length of the header (both uint32, big endian), header (UTF-8 JSON), payload.
 */

export interface Frame {
  /** The header's JSON, not yet checked. */
  readonly header: unknown;
  readonly payload: Uint8Array;
}

/** The bytes are not frames; the pipe cannot be used any more. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
}

const LENGTH = 4;
/** A room's update is at most 1 GB; more is a broken pipe, not a big document. */
const LARGEST = 0x4400_0000;

/** One frame as bytes. */
export function encodeFrame(header: object, payload: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  const frame = Buffer.allocUnsafe(2 * LENGTH + text.length + payload.length);
  frame.writeUInt32BE(LENGTH + text.length + payload.length, 0);
  frame.writeUInt32BE(text.length, LENGTH);
  text.copy(frame, 2 * LENGTH);
  frame.set(payload, 2 * LENGTH + text.length);
  return frame;
}

/** Puts frames together from chunks, wherever they are cut. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** The frames that this chunk completes, in order. Throws BadFrame. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
      frames.push(frame);
    }
    return frames;
  }

  #take(): Frame | undefined {
    if (this.#size < LENGTH) {
      return undefined;
    }
    const length = this.#peek(LENGTH).readUInt32BE(0);
    if (length < LENGTH || length > LARGEST) {
      throw new BadFrame(`A frame of ${length} bytes was announced.`);
    }
    if (this.#size < LENGTH + length) {
      return undefined;
    }
    const whole = this.#peek(LENGTH + length).subarray(0, LENGTH + length);
    const rest = this.#joined().subarray(LENGTH + length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#size = rest.length;
    return decode(whole.subarray(LENGTH));
  }

  /** The first chunk, made long enough; chunks are joined only when a frame spans them. */
  #peek(length: number): Buffer {
    const first = this.#chunks[0];
    return first !== undefined && first.length >= length ? first : this.#joined();
  }

  #joined(): Buffer {
    const only = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    const joined = only ?? Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [joined];
    return joined;
  }
}

function decode(body: Buffer): Frame {
  const length = body.readUInt32BE(0);
  if (LENGTH + length > body.length) {
    throw new BadFrame('A header is longer than its frame.');
  }
  const text = body.toString('utf8', LENGTH, LENGTH + length);
  // A copy: the payload outlives the chunk that it came in.
  const payload = new Uint8Array(body.subarray(LENGTH + length));
  try {
    return { header: JSON.parse(text), payload };
  } catch (error) {
    throw new BadFrame('A header is not JSON.', { cause: error });
  }
}
