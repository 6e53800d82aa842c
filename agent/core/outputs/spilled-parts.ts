/**
 * Values of a display or result that are kept outside the document: which, and how the output stands
 * there before its artifacts are stored, after that, and if they could not be. Pure.
 */
import { ARTIFACT_MIME, type ArtifactLink, type Json } from '../../../schema/index.js';
import { formOf } from './artifact-form.js';
import { LongText, wholeData, type DisplayValue } from './long-text.js';
import type { Output } from './output.js';
import { cutAt, weighValue } from './output-budget.js';
import { partNote } from './spill-words.js';

type Data = Readonly<Record<string, Json>>;
type Link = ArtifactLink | { readonly upload: string; readonly mediaType: string };

/** A value that has to be stored: its form is formOf(mediaType); base64 is a string, text may be long. */
export interface SpilledPart {
  readonly upload: string;
  readonly mediaType: string;
  readonly value: DisplayValue;
}

/**
 * The data with its largest values moved outside until it takes `room` bytes at most, or has small
 * values alone. `text/plain` stays with its beginning. The links are filled in by `withLink`.
 */
export function fitData(
  given: Readonly<Record<string, DisplayValue>>,
  room: number,
  small: number,
  nextUpload: () => string
): { readonly data: Data; readonly parts: readonly SpilledPart[] } {
  const most = Math.max(room, small);
  const data = Object.fromEntries(
    Object.entries(given).map(([type, value]) => [type, needed(type, value, most)])
  );
  const sizes = Object.entries(data).map(([type, value]) => ({
    ...{ type, value: joined(value) },
    // One that cannot stay is not weighed to the byte: that takes long.
    bytes: value instanceof LongText ? value.bytes : weighValue(value, most)
  }));
  let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const rest = { ...data };
  const parts: SpilledPart[] = [];
  for (const { type, value, bytes } of sizes.sort((a, b) => b.bytes - a.bytes)) {
    if (total <= room || bytes <= small) {
      break;
    }
    if (isMovable(type, value)) {
      total -= bytes;
      parts.push({ upload: nextUpload(), mediaType: type, value });
      const text = value instanceof LongText ? value.beginning(small + 1) : value;
      if (type === 'text/plain' && typeof text === 'string') {
        rest[type] = text.slice(0, cutAt(text, small));
      } else {
        delete rest[type];
      }
    }
  }
  return parts.length === 0
    ? { data: wholeData(data), parts }
    : {
        data: {
          ...wholeData(rest),
          [ARTIFACT_MIME]: artifactOf(
            parts.map(({ upload, mediaType }) => ({ upload, mediaType, bytes: 0 }))
          )
        },
        parts
      };
}

/** The uploads that the output still waits for, or goes on with. */
export function uploadsOf(output: Output): readonly string[] {
  return links(output).flatMap(link => ('upload' in link ? [link.upload] : []));
}

/** The output with the link to what is stored in place of the upload. */
export function withLink(output: Output, upload: string, stored: ArtifactLink): Output {
  const artifact = dataOf(output)[ARTIFACT_MIME] as { kind: string };
  const settled = (link: Link): Link =>
    'upload' in link && link.upload === upload ? { ...stored } : link;
  return withData(output, {
    ...dataOf(output),
    [ARTIFACT_MIME]: (artifact.kind === 'stream'
      ? { ...artifact, text: settled(links(output)[0]!) }
      : artifactOf(links(output).map(settled))) as Json
  });
}

/** The output of a display without the value that could not be stored. */
export function withoutPart(output: Output, upload: string, reason: string): Output {
  const left = links(output).filter(link => !('upload' in link) || link.upload !== upload);
  const gone = links(output).find(link => 'upload' in link && link.upload === upload);
  const { [ARTIFACT_MIME]: _artifact, ...data } = dataOf(output);
  const plain = data['text/plain'];
  const note = partNote(gone?.mediaType ?? '', reason);
  return withData(output, {
    ...data,
    'text/plain': typeof plain === 'string' ? `${plain}\n${note}` : note,
    ...(left.length > 0 && { [ARTIFACT_MIME]: artifactOf(left) })
  });
}

function links(output: Output): readonly Link[] {
  const artifact = dataOf(output)[ARTIFACT_MIME] as
    { readonly parts?: readonly Link[]; readonly text?: Link } | undefined;
  return artifact?.parts ?? (artifact?.text === undefined ? [] : [artifact.text]);
}

function artifactOf(parts: readonly Link[]): Json {
  return { v: 1, kind: 'data', parts: parts as unknown as Json };
}

function dataOf(output: Output): Data {
  return (output.data ?? {}) as Data;
}

function withData(output: Output, data: Data): Output {
  return { ...output, data };
}

/** A long text stays one only where it is to be kept as text, outside. */
function needed(mediaType: string, value: DisplayValue, most: number): DisplayValue {
  const isNeeded =
    value instanceof LongText && (value.bytes <= most || formOf(mediaType) !== 'text');
  return isNeeded ? value.whole() : value;
}

/** nbformat's lists of lines are one text. */
function joined(value: DisplayValue): DisplayValue {
  const isLines = Array.isArray(value) && value.every(line => typeof line === 'string');
  return isLines ? value.join('') : value;
}

function isMovable(mediaType: string, value: DisplayValue): boolean {
  if (mediaType === ARTIFACT_MIME) {
    return false;
  }
  switch (formOf(mediaType)) {
    case 'json':
      return true;
    case 'text':
      return typeof value === 'string' || value instanceof LongText;
    case 'base64':
      return typeof value === 'string' && /^[A-Za-z0-9+/\s]*=*\s*$/.test(value);
  }
}
