/**
 * Outputs as they were at one moment, taken cheaply at every update and summed up only when a fact
 * is stated. A stream that grows is hashed from where the last summary ended, not from its start.
 */
import * as Y from 'yjs';
import type { Json, OutputSummary } from '../../schema/index.js';
import { canonicalJson, growingDigest } from '../core/digest.js';
import type { GrowingDigest } from '../core/digest.js';
import {
  describeOutput,
  isHighSurrogate,
  normalizeOutput,
  summarizeOutput,
  type LinkCheck
} from '../core/notebook/output.js';
import { toJsonRecord } from '../core/json.js';

/** One output at one moment. */
export interface OutputSnapshot {
  /** Its summary, worked out at the first call. */
  summary(): OutputSummary;
}

/** Takes snapshots of the outputs of one document. */
export interface OutputReader {
  /** Every output of a cell; `touched` ones are read anew, the others come back as they were. */
  read(outputs: unknown, touched: ReadonlySet<unknown>): OutputSnapshot[];
}

/** A reader with an empty memory. `isOurs`: which links count; none, if absent. */
export function createOutputReader(isOurs?: LinkCheck): OutputReader {
  const known = new WeakMap<object, OutputSnapshot>();
  const streams = new WeakMap<object, GrowingStream>();
  const take = (output: unknown): OutputSnapshot => {
    if (!(output instanceof Y.Map)) {
      const plain = output;
      return remembered(() => summarizeOutput(plain, isOurs));
    }
    const text: unknown = output.get('text');
    if (output.get('output_type') === 'stream' && text instanceof Y.Text) {
      const rest = [...output.entries()].filter(([key]) => key !== 'text');
      const head = toJsonRecord(Object.fromEntries(rest));
      const content = text.toJSON();
      const stream = streams.get(output) ?? new GrowingStream();
      streams.set(output, stream);
      return remembered(() => stream.summarize(head, content));
    }
    const plain: unknown = output.toJSON();
    return remembered(() => summarizeOutput(plain, isOurs));
  };
  return {
    read: (outputs, touched) => {
      const list: unknown[] =
        outputs instanceof Y.Array ? outputs.toArray() : Array.isArray(outputs) ? outputs : [];
      return list.map(output => {
        if (typeof output !== 'object' || output === null) {
          return take(output);
        }
        const old = touched.has(output) ? undefined : known.get(output);
        const snapshot = old ?? take(output);
        known.set(output, snapshot);
        return snapshot;
      });
    }
  };
}

/** The summaries of a stream output that mostly grows at its end. */
class GrowingStream {
  #opening = '';
  #text = '';
  #digest: GrowingDigest = growingDigest();

  /** Summary of the stream with this text; `head` is everything but the text. */
  summarize(head: { readonly [key: string]: Json }, text: string): OutputSummary {
    const plain = normalizeOutput({ ...head, text });
    if (Object.keys(head).some(key => key > 'text')) {
      return summarizeOutput(plain);
    }
    const opening = `${canonicalJson({ ...head }).slice(0, -1)},"text":"`;
    const grown = text.slice(0, this.#text.length) === this.#text && opening === this.#opening;
    if (!grown) {
      this.#opening = opening;
      this.#text = '';
      this.#digest = growingDigest();
      this.#digest.append(opening);
    }
    const whole = text.length - (isHighSurrogate(text, text.length - 1) ? 1 : 0);
    this.#digest.append(escaped(text.slice(this.#text.length, whole)));
    this.#text = text.slice(0, whole);
    const end = this.#digest.finish(`${escaped(text.slice(whole))}"}`);
    return { ...describeOutput(plain), ...end };
  }
}

/** The text as it stands between the quotes in JSON. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function remembered(work: () => OutputSummary): OutputSnapshot {
  let summary: OutputSummary | undefined;
  return { summary: () => (summary ??= work()) };
}
