/** A notebook with everything in it that it keeps outside, as text that is made while it is read. */
import type { Json } from '../../schema/index.js';
import type { ArtifactForm } from '../core/outputs/artifact-form.js';
import { inlinePieces, type Link } from '../core/outputs/inline-artifacts.js';
import type { ArtifactContent } from '../loop/artifacts.js';

export interface InlineSource {
  /** Whether the link's bytes are there; the others stay links. */
  readonly has: (link: Link) => boolean;
  /** Null: they have gone in this moment. */
  readonly open: (link: Link) => Promise<ArtifactContent | null>;
}

/** A JSON value that has to be read as a whole to be checked is no larger. */
const LARGEST_JSON = 128 << 20;

/** The nbformat JSON, in pieces. Throws if something that was there has gone. */
export async function* inlineNotebook(
  notebook: Json,
  source: InlineSource,
  nonce: string
): AsyncGenerator<string> {
  for (const piece of inlinePieces(notebook, source.has, nonce)) {
    if (typeof piece === 'string') {
      yield piece;
      continue;
    }
    const content = await source.open(piece.link);
    if (content === null) {
      throw new Error('An artifact has been removed in this moment.');
    }
    yield* jsonValue(content, piece.form);
  }
}

async function* jsonValue(content: ArtifactContent, form: ArtifactForm): AsyncGenerator<string> {
  const bytes = content.read(0, content.size);
  if (form === 'json' && content.size <= LARGEST_JSON) {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) {
      pieces.push(piece);
    }
    yield checkedJson(Buffer.concat(pieces).toString('utf8'));
    return;
  }
  yield '"';
  yield* form === 'base64' ? base64(bytes) : escaped(bytes);
  yield '"';
}

/** What is no JSON after all becomes a string. */
function checkedJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return JSON.stringify(text);
  }
}

async function* escaped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const piece of bytes) {
    yield JSON.stringify(decoder.decode(piece, { stream: true })).slice(1, -1);
  }
  yield JSON.stringify(decoder.decode()).slice(1, -1);
}

async function* base64(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const piece of bytes) {
    const whole = Buffer.concat([rest, piece]);
    const even = whole.length - (whole.length % 3);
    yield whole.toString('base64', 0, even);
    rest = whole.subarray(even);
  }
  yield rest.toString('base64');
}
