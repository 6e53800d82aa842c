/** A notebook with everything in it that it keeps outside, as text that is made while it is read. */
import type { Json } from '../../schema/index.js';
import type { ArtifactForm } from '../core/outputs/artifact-form.js';
import { notebookParts, outputPieces } from '../core/outputs/inline-artifacts.js';
import { idOf, textLinks, type Link } from '../core/outputs/whole-outputs.js';
import type { ArtifactContent } from '../loop/artifacts.js';

export interface InlineSource {
  /** Whether the link's bytes are there; the others stay links. */
  readonly has: (link: Link) => boolean;
  /** Null: they have gone in this moment. */
  readonly open: (link: Link) => Promise<ArtifactContent | null>;
}

/** A JSON value that has to be read as a whole to be checked is no larger. */
const LARGEST_JSON = 128 << 20;

/** A text that stands for outputs, and is larger, stays a text. */
const LARGEST_TEXT = 128 << 20;

/** The nbformat JSON, in pieces. Throws if something that was there has gone. */
export async function* inlineNotebook(
  notebook: Json,
  source: InlineSource,
  nonce: string
): AsyncGenerator<string> {
  for (const part of notebookParts(notebook, nonce)) {
    if (typeof part === 'string') {
      yield part;
      continue;
    }
    const texts = await textsOf(part, source);
    const inlining = { has: source.has, textOf: (link: Link) => texts.get(idOf(link)) };
    for (const piece of outputPieces(part, inlining, nonce)) {
      if (typeof piece === 'string') {
        yield piece;
      } else {
        yield* jsonValue(await opened(piece.link, source), piece.form);
      }
    }
  }
}

/** By id, the whole texts of the links that stand for outputs. */
async function textsOf(
  outputs: readonly Json[],
  source: InlineSource
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const link of textLinks(outputs).filter(source.has)) {
    const content = await opened(link, source);
    if (content.size <= LARGEST_TEXT) {
      texts.set(idOf(link), await textOf(content));
    } else {
      await content.close();
    }
  }
  return texts;
}

async function opened(link: Link, source: InlineSource): Promise<ArtifactContent> {
  const content = await source.open(link);
  if (content === null) {
    throw new Error('An artifact has been removed in this moment.');
  }
  return content;
}

async function textOf(content: ArtifactContent): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content.read(0, content.size)) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function* jsonValue(content: ArtifactContent, form: ArtifactForm): AsyncGenerator<string> {
  if (form === 'json' && content.size <= LARGEST_JSON) {
    yield checkedJson(await textOf(content));
    return;
  }
  const bytes = content.read(0, content.size);
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
