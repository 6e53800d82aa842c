/**
 * Summaries of outputs: what the journal says of an output whose bytes stay in the document.
 * The same output gives the same summary whether it is read from a file or from the live room.
 */
import { linksOf } from '../../../schema/index.js';
import type { ArtifactLink, GrowingLink, Json, OutputSummary } from '../../../schema/index.js';
import { canonicalJson, digestOf } from '../digest.js';
import { isRecord, toJson, toJsonRecord } from '../json.js';

const PREVIEW = 512;
const JSON_TYPE = /^application\/(?:.*\+)?json$/;
const TEXT_TYPE = /^text\/|^application\/(?:javascript|x-latex)$/;

/** An output in one form: multi-line strings joined, everything plain JSON. Takes any value. */
export function normalizeOutput(output: unknown): { [key: string]: Json } {
  const plain = toJsonRecord(output);
  if (Object.hasOwn(plain, 'text')) {
    plain['text'] = joined(plain['text']);
  }
  const data = plain['data'];
  if (isRecord(data)) {
    plain['data'] = Object.fromEntries(
      Object.entries(data).map(([type, value]) => [
        type,
        JSON_TYPE.test(type) ? toJson(value) : joined(toJson(value))
      ])
    );
  }
  return plain;
}

/** Whether a link that an output bears was given by us, to this notebook or to another. */
export type LinkCheck = (link: ArtifactLink | GrowingLink) => boolean;

/** Summary of an output of any form. `isOurs`: which links count; none, if absent. */
export function summarizeOutput(output: unknown, isOurs?: LinkCheck): OutputSummary {
  const plain = normalizeOutput(output);
  const canonical = canonicalJson(plain);
  return {
    ...describeOutput(plain),
    ...(isOurs && artifactsOf(plain, isOurs)),
    bytes: utf8Length(canonical),
    digest: digestOf(canonical)
  };
}

function artifactsOf(
  plain: { readonly [key: string]: Json },
  isOurs: LinkCheck
): Pick<OutputSummary, 'artifacts'> {
  const links = linksOf(plain['data']).filter(isOurs);
  const artifacts = links.map(link => ('hash' in link ? link.hash : link.upload));
  return artifacts.length === 0 ? {} : { artifacts: [...new Set(artifacts)].sort() };
}

/** A summary without what takes a pass over all of the output. `plain`: from `normalizeOutput`. */
export function describeOutput(plain: {
  readonly [key: string]: Json;
}): Omit<OutputSummary, 'bytes' | 'digest'> {
  switch (plain['output_type']) {
    case 'stream':
      return { outputType: 'stream', ...named(plain['name']), preview: previewOf(plain['text']) };
    case 'error': {
      const message = [plain['ename'], plain['evalue']].filter(part => typeof part === 'string');
      return {
        outputType: 'error',
        ...named(plain['ename']),
        preview: previewOf(message.join(': '))
      };
    }
    default: {
      const data = isRecord(plain['data']) ? plain['data'] : {};
      const mimeTypes = Object.keys(data).sort();
      const shown = mimeTypes.includes('text/plain')
        ? 'text/plain'
        : mimeTypes.find(type => TEXT_TYPE.test(type));
      return {
        outputType: plain['output_type'] === 'execute_result' ? 'execute_result' : 'display_data',
        mimeTypes,
        preview: shown === undefined ? '' : previewOf(data[shown])
      };
    }
  }
}

/** The beginning of a text, never with half a surrogate pair at its end. */
function previewOf(text: unknown): string {
  if (typeof text !== 'string' || text.length <= PREVIEW) {
    return typeof text === 'string' ? text : '';
  }
  return text.slice(0, isHighSurrogate(text, PREVIEW - 1) ? PREVIEW - 1 : PREVIEW);
}

/** Is the code unit at `index` the first half of a surrogate pair? */
export function isHighSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** A string as it is; an array of strings as one string; anything else unchanged. */
export function joined(value: Json | undefined): Json {
  return Array.isArray(value) && value.every(line => typeof line === 'string')
    ? value.join('')
    : (value ?? null);
}

function named(name: Json | undefined): { name?: string } {
  return typeof name === 'string' ? { name } : {};
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) {
      const pair =
        isHighSurrogate(text, index) &&
        index + 1 < text.length &&
        (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
      length += unit <= 0x7ff ? 1 : 2;
      index += pair ? 1 : 0;
    }
  }
  return length;
}
