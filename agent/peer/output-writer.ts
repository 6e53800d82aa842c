/**
 * Brings a cell's shared outputs to what they should be, by the output contract of JupyterLab's view:
 * one Y.Map for a run of same-name stream text, `text` a Y.Text; outputs are appended; a stream delta
 * goes to the output that is the last one before the transaction, and there is at most one; anything
 * else deletes the tail and appends it anew, or everything where the view would join a stream to what is
 * not there any more. The caller opens the transaction.
 */
import { isDeepStrictEqual } from 'node:util';
import * as Y from 'yjs';
import type { Output } from '../core/outputs/output.js';

/** The shared outputs of a code cell. */
export type SharedOutputs = Y.Array<Y.Map<unknown>>;

/** What is in a shared outputs array, as plain outputs. Stream text is a string. */
export function readOutputs(shared: SharedOutputs): Output[] {
  return shared.map(output => plain(output) as Output);
}

/** Remembers what it wrote, so that a change costs what changed, and foreign changes are noticed. */
export class OutputWriter {
  readonly #shared: SharedOutputs;
  #written: Output[];
  #maps: Y.Map<unknown>[];
  /** Of the output that was appended last, whether it is still there or not; '' for no stream. */
  #lastStreamName: string;

  constructor(shared: SharedOutputs) {
    this.#shared = shared;
    this.#written = readOutputs(shared);
    this.#maps = shared.toArray();
    this.#lastStreamName = streamName(this.#written.at(-1));
  }

  /** Whether somebody else has put in, removed or replaced outputs, or edited the last stream. */
  get disturbed(): boolean {
    const maps = this.#shared.toArray();
    if (maps.length !== this.#maps.length || maps.some((map, index) => map !== this.#maps[index])) {
      return true;
    }
    const last = this.#written.at(-1);
    const text = maps.at(-1)?.get('text');
    return text instanceof Y.Text && last !== undefined && text.length !== textOf(last).length;
  }

  /** Where each output that was written stands now; undefined for one that somebody removed. */
  get places(): readonly (number | undefined)[] {
    const places = new Map(this.#shared.toArray().map((map, index) => [map, index]));
    return this.#maps.map(map => places.get(map));
  }

  /** Makes the shared outputs equal to `wanted`. */
  write(wanted: readonly Output[]): void {
    const kept = this.#commonPrefix(wanted);
    const old = this.#written[kept];
    const successor = wanted[kept];
    const text = this.#maps[kept]?.get('text');
    const grows =
      kept === this.#written.length - 1 &&
      old !== undefined &&
      successor !== undefined &&
      continues(old, successor) &&
      text instanceof Y.Text;
    const behind = grows ? kept + 1 : kept;
    const next = this.#wouldJoin(wanted[behind]) ? 0 : behind;
    if (grows && next > kept) {
      rewriteEnd(text, textOf(old), textOf(successor));
    } else if (next < this.#written.length) {
      this.#shared.delete(next, this.#written.length - next);
      this.#maps.length = next;
    }
    const added = wanted.slice(next).map(toShared);
    if (added.length > 0) {
      // Not insert: it would put them before what was deleted at the same place, and JupyterLab's view,
      // which takes a change from left to right, would join a new stream to the old one of its name.
      this.#shared.push(added);
      this.#maps.push(...added);
      this.#lastStreamName = streamName(wanted.at(-1));
    }
    this.#written = [...wanted];
  }

  /** JupyterLab's view joins a stream to whatever is last, when the output added last had its name. */
  #wouldJoin(added: Output | undefined): boolean {
    return this.#lastStreamName !== '' && streamName(added) === this.#lastStreamName;
  }

  #commonPrefix(wanted: readonly Output[]): number {
    let index = 0;
    while (
      index < wanted.length &&
      index < this.#written.length &&
      same(this.#written[index], wanted[index])
    ) {
      index += 1;
    }
    return index;
  }
}

function rewriteEnd(text: Y.Text, old: string, wanted: string): void {
  const kept = commonStart(old, wanted);
  if (kept < old.length) {
    text.delete(kept, old.length - kept);
  }
  if (kept < wanted.length) {
    text.insert(kept, wanted.slice(kept));
  }
}

/** Can `wanted` be reached from `old` by changing the end of one stream's text? */
function continues(old: Output, wanted: Output): boolean {
  return (
    old.output_type === 'stream' && wanted.output_type === 'stream' && old.name === wanted.name
  );
}

/** '' for what is no stream. */
function streamName(output: Output | undefined): string {
  return output?.output_type === 'stream' && typeof output.name === 'string' ? output.name : '';
}

function textOf(output: Output): string {
  return typeof output.text === 'string' ? output.text : '';
}

/** Identity is the common case: outputs never change, so an old object is an old output. */
function same(a: Output | undefined, b: Output | undefined): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** Length of the common start, never between the halves of a surrogate pair. */
function commonStart(a: string, b: string): number {
  if (b.startsWith(a)) {
    return a.length;
  }
  const end = Math.min(a.length, b.length);
  let index = 0;
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) {
    index += 1;
  }
  const before = a.charCodeAt(index - 1);
  return index > 0 && before >= 0xd800 && before <= 0xdbff ? index - 1 : index;
}

function toShared(output: Output): Y.Map<unknown> {
  return new Y.Map(
    Object.entries(output).map(([key, value]): [string, unknown] =>
      output.output_type === 'stream' && key === 'text'
        ? [key, new Y.Text(textOf(output))]
        : [key, value]
    )
  );
}

function plain(value: unknown): unknown {
  return value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value;
}
