/**
 * An error whose traceback, message or name is too large for the document: its beginning stays as an
 * error, and all of it is a text outside, from which the same error comes back. Pure.
 */
import { cutAt, weightOf, type OutputBudget } from './output-budget.js';
import { textOf } from './output-message.js';
import type { Output } from './output.js';
import { TRACEBACK } from './outside-output.js';
import { SpilledStream } from './spilled-stream.js';

/** Bytes of an error that stay in any case: what stands in its place takes nearly as many. */
const LEAST = 2048;
/** UTF-16 units of an exception's name and message that stay. */
const LONGEST_NAME = 256;
const LONGEST_MESSAGE = 4096;
/** Lengths that stand in the document; what is behind so many entries is one. */
const MOST_ENTRIES = 1000;

/**
 * The beginning that stays, and the whole; undefined for an error that may stay as it is. `room`: bytes
 * that the document still has for it.
 */
export function spillError(
  error: Output,
  room: number,
  { stream, head, tail }: OutputBudget,
  nextUpload: () => string
): { readonly beginning: Output; readonly whole: SpilledStream } | undefined {
  const strings = stringsOf(error);
  const units = strings.reduce((sum, each) => sum + each.length, 0);
  // One that cannot stay is not weighed to the byte: that takes long.
  const weight = units > stream ? units : weightOf(error);
  if (weight <= LEAST || (weight <= room && weight <= stream)) {
    return undefined;
  }
  const kept = Math.max(LEAST / 4, Math.min(head, Math.floor(room / 4)));
  const [ename = '', evalue = '', ...traceback] = strings;
  return {
    beginning: {
      ...error,
      ename: shortened(ename, LONGEST_NAME),
      evalue: shortened(evalue, Math.min(kept, LONGEST_MESSAGE)),
      traceback: [beginningOf(traceback, kept)]
    },
    whole: SpilledStream.whole(TRACEBACK, strings.join('\n'), nextUpload(), {
      limit: Math.min(tail, kept),
      entries: lengthsOf(strings)
    })
  };
}

/** The error that a text outside stands for; `entries` as they stand beside its link. */
export function errorOf(text: string, entries: readonly number[] | undefined): Output {
  const strings: string[] = [];
  if (entries === undefined) {
    strings.push(...text.split('\n'));
  } else {
    let at = 0;
    for (const length of entries) {
      strings.push(text.slice(at, at + length));
      at += length + 1;
    }
    if (at <= text.length) {
      strings.push(text.slice(at));
    }
  }
  const [ename = '', evalue = '', ...traceback] = strings;
  return { output_type: 'error', ename, evalue, traceback };
}

/** Name, message and the entries of the traceback. */
function stringsOf({ ename, evalue, traceback }: Output): string[] {
  return [ename, evalue, ...(Array.isArray(traceback) ? traceback : [])].map(textOf);
}

/** Undefined if each is a line. */
function lengthsOf(strings: readonly string[]): readonly number[] | undefined {
  return strings.some(each => each.includes('\n'))
    ? strings.slice(0, MOST_ENTRIES).map(each => each.length)
    : undefined;
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, cutAt(text, most))}…`;
}

/** Whole lines, if it has any. */
function beginningOf(entries: readonly string[], most: number): string {
  let text = '';
  for (let at = 0; at < entries.length && text.length <= most; at += 1) {
    text += (at === 0 ? '' : '\n') + entries[at]!.slice(0, most + 1);
  }
  const kept = text.slice(0, cutAt(text, most));
  const lineEnd = kept.lastIndexOf('\n');
  return lineEnd > 0 && kept.length < text.length ? kept.slice(0, lineEnd) : kept;
}
