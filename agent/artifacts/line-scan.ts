/**
 * Reads a file's lines one after the other in windows, so that a line of any length takes a bounded
 * memory: a long one comes in several pieces.
 */
import type { FileHandle } from 'node:fs/promises';

/** A piece of a line; `from` in UTF-16 units of the line. */
export interface LinePiece {
  readonly line: number;
  readonly from: number;
  readonly text: string;
  /** The line ends here. */
  readonly last: boolean;
}

const PIECE = 1 << 18;

/** Pieces of the lines from the one at `start.at` on; up to byte `size`. Never an empty piece within a line. */
export async function* linePieces(
  file: FileHandle,
  start: { readonly line: number; readonly at: number },
  size: number
): AsyncGenerator<LinePiece> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const buffer = Buffer.allocUnsafe(PIECE);
  let { line } = start;
  let from = 0;
  for (let at = start.at; at < size;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE, size - at), at);
    if (bytesRead === 0) {
      break;
    }
    at += bytesRead;
    const text = decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
    let begun = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', begun)) {
      yield { line, from, text: text.slice(begun, end), last: true };
      line += 1;
      from = 0;
      begun = end + 1;
    }
    if (begun < text.length) {
      yield { line, from, text: text.slice(begun), last: false };
      from += text.length - begun;
    }
  }
  const rest = decoder.decode();
  if (from > 0 || rest !== '') {
    yield { line, from, text: rest, last: true };
  }
}
