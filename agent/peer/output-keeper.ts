/**
 * Stores what a cell's outputs keep outside the document: streams in order, values a few at a time, in
 * pieces, so that no more than those are held twice. What is refused is said in the outputs, and the run
 * goes on.
 */
import type { ArtifactLink } from '../../schema/index.js';
import { formOf } from '../core/outputs/artifact-form.js';
import type { CellOutputs } from '../core/outputs/cell-outputs.js';
import { LongText, type DisplayValue } from '../core/outputs/long-text.js';
import { cutAt } from '../core/outputs/output-budget.js';
import type { Spill } from '../core/outputs/output-spills.js';
import type { SpilledPart } from '../core/outputs/spilled-parts.js';
import type { SpilledStream } from '../core/outputs/spilled-stream.js';
import { UploadRefused, type Uploads } from '../ports/uploads.js';

/** UTF-16 units; at most 3 bytes each. */
const TEXT_PIECE = 1 << 21;
/** Bytes. */
const PIECE = 1 << 22;
/** Values that are stored at the same time: many small ones, as pictures are, go in one request. */
const AT_ONCE = 128;

/** Stores them; settles when all are on disk or refused, and `outputs` knows which. */
export async function keepOutside(
  spills: readonly Spill[],
  outputs: CellOutputs,
  uploads: Uploads
): Promise<void> {
  const parts: SpilledPart[] = [];
  for (const spill of spills) {
    switch (spill.kind) {
      case 'append':
        await keepText(spill, outputs, uploads);
        break;
      case 'commit':
        await complete(spill.stream, outputs, uploads);
        break;
      case 'part':
        parts.push(spill);
        break;
    }
  }
  const keepNext = async (): Promise<void> => {
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      await keepPart(part, outputs, uploads);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, keepNext));
}

async function keepText(
  { stream, at, text }: Extract<Spill, { kind: 'append' }>,
  outputs: CellOutputs,
  uploads: Uploads
): Promise<void> {
  let kept = at;
  const reason = await refusal(async () => {
    for (const piece of textPieces(text)) {
      await uploads.append(stream.upload, kept, piece);
      kept += piece.length;
    }
  });
  if (reason !== undefined) {
    stream.refused(kept, reason);
    outputs.changed(stream);
  }
}

/** A stream whose end was refused is an artifact as far as it goes; without any, it has been said. */
async function complete(
  { upload, kept, whole }: SpilledStream,
  outputs: CellOutputs,
  uploads: Uploads
): Promise<void> {
  if (kept > 0 || whole) {
    await refusal(async () =>
      outputs.stored(upload, await uploads.commit(upload, kept, 'text/plain'))
    );
  }
}

async function keepPart(part: SpilledPart, outputs: CellOutputs, uploads: Uploads): Promise<void> {
  const reason = await refusal(async () => {
    outputs.stored(part.upload, await keepValue(part, uploads));
  });
  if (reason !== undefined) {
    outputs.refused(part.upload, reason);
  }
}

/** One request, unless it is too large for one. */
async function keepValue(
  { upload, mediaType, value }: SpilledPart,
  uploads: Uploads
): Promise<ArtifactLink> {
  let at = 0;
  let last: Uint8Array = new Uint8Array();
  for (const piece of pieces(mediaType, value)) {
    if (last.length > 0) {
      await uploads.append(upload, at, last);
      at += last.length;
    }
    last = piece;
  }
  if (at === 0) {
    return uploads.keep(upload, last, mediaType);
  }
  await uploads.append(upload, at, last);
  return uploads.commit(upload, at + last.length, mediaType);
}

/** Why it was refused; undefined if it was not. */
async function refusal(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof UploadRefused) {
      return error.message;
    }
    throw error;
  }
}

function* pieces(mediaType: string, value: DisplayValue): Generator<Uint8Array> {
  if (value instanceof LongText) {
    yield* value.pieces;
    return;
  }
  const text = typeof value === 'string' ? value : '';
  switch (formOf(mediaType)) {
    case 'json':
      yield* textPieces(JSON.stringify(value));
      break;
    case 'text':
      yield* textPieces(text);
      break;
    case 'base64': {
      const bytes = Buffer.from(text, 'base64');
      for (let at = 0; at < bytes.length; at += PIECE) {
        yield bytes.subarray(at, at + PIECE);
      }
    }
  }
}

function* textPieces(text: string): Generator<Buffer> {
  for (let at = 0; at < text.length;) {
    const piece = text.slice(at, at + TEXT_PIECE + 1);
    const end = at + cutAt(piece, TEXT_PIECE);
    yield Buffer.from(text.slice(at, end));
    at = end;
  }
}
