/** What a cell shows, with what is kept outside its document put back in. */
import { toJsonRecord } from '../../agent/core/json.js';
import type { Output } from '../../agent/core/outputs/output.js';
import {
  idOf,
  outputLinks,
  wholeOutputs,
  type Link
} from '../../agent/core/outputs/whole-outputs.js';
import type { Json } from '../../schema/index.js';
import type { StoredBytes } from './simulated-store.js';
import { sorted } from './sorted.js';

/** Says that something of an output is nowhere. */
const NOT_KEPT = 'could not be kept';

export class WholeShown {
  readonly #outputs: readonly Output[];
  readonly #stored: StoredBytes;

  constructor(outputs: readonly Output[], stored: StoredBytes) {
    this.#outputs = outputs;
    this.#stored = stored;
  }

  /** As an .ipynb without artifacts would have it. */
  get text(): string {
    return textOf(this.#whole(this.#outputs));
  }

  /** Whether it says itself that something is not there. */
  get saysLost(): boolean {
    return this.#outputs.some(isLost);
  }

  /** Whether further outputs are kept in one place: their displays are not updated any more after the run. */
  get hasRest(): boolean {
    return this.#outputs.some(standsForMany);
  }

  /** Whether it is what is expected; but for what it says is lost. `expected` as `textOf` gives it. */
  is(expected: string): boolean {
    return this.saysLost ? this.#isPartOf(JSON.parse(expected) as Json[]) : this.text === expected;
  }

  /** Where something is lost, all else stands in its order; what is lost of a stream may be its middle. */
  #isPartOf(expected: readonly Json[]): boolean {
    let from = 0;
    return this.#pieces().every(piece => {
      if (piece.some(isLost)) {
        return true;
      }
      const [whole] = this.#whole(piece);
      const at = expected.findIndex((output, index) => index >= from && isEndOf(whole, output));
      from = at + 1;
      return at >= 0;
    });
  }

  /** Outputs, with those that stand behind their beginning. What stands for many is left out. */
  #pieces(): Output[][] {
    const pieces: Output[][] = [];
    for (const output of this.#outputs) {
      const before = pieces.at(-1);
      if (before !== undefined && goesOn(output)) {
        before.push(output);
      } else {
        pieces.push([output]);
      }
    }
    return pieces.filter(piece => !piece.some(standsForMany));
  }

  #whole(outputs: readonly Output[]): Json[] {
    const bytes = (link: Link): Buffer => {
      const all = this.#stored.of(idOf(link)) ?? Buffer.alloc(0);
      return 'upload' in link ? all.subarray(0, link.bytes) : all;
    };
    const whole = wholeOutputs(outputs, {
      has: () => true,
      textOf: link => bytes(link).toString(),
      put: (link, form) => {
        const text = bytes(link).toString(form === 'base64' ? 'base64' : 'utf8');
        const isOpen = text === '' || text.endsWith('\n');
        return form === 'json'
          ? (JSON.parse(text) as Json)
          : text + (isOpen ? openLine(outputs, link) : '');
      }
    });
    return outputs.some(goesOn) ? joined(whole) : whole;
  }
}

/** What comes late stands behind a stream that was complete outside, and goes on with it. */
function joined(outputs: readonly Json[]): Json[] {
  const list: Json[] = [];
  for (const output of outputs) {
    const before = streamOf(list.at(-1));
    const stream = streamOf(output);
    if (stream.text !== undefined && stream.name === before.name) {
      list.splice(-1, 1, { ...before, text: `${before.text}${stream.text}` });
    } else {
      list.push(output);
    }
  }
  return list;
}

function streamOf(output: Json | undefined): { [key: string]: Json; name?: string; text?: string } {
  const value = toJsonRecord(output);
  return value['output_type'] === 'stream' ? value : {};
}

/** The outputs in one form, to be compared. */
export function textOf(outputs: unknown): string {
  return JSON.stringify(sorted(outputs));
}

function isEndOf(shown: Json | undefined, output: Json): boolean {
  const [end, all] = [streamOf(shown), streamOf(output)];
  return end.text !== undefined && end.name === all.name
    ? all.text?.endsWith(end.text) === true
    : textOf(shown) === textOf(output);
}

function plainOf(output: Output): string {
  const plain = (output.data as Record<string, unknown> | undefined)?.['text/plain'];
  return typeof plain === 'string' ? plain : '';
}

function isLost(output: Output): boolean {
  return plainOf(output).includes(NOT_KEPT);
}

function goesOn(output: Output): boolean {
  return /^\[The (?:output|error) goes on/.test(plainOf(output));
}

function standsForMany(output: Output): boolean {
  return plainOf(output).startsWith('[There are more outputs');
}

/** Of a stream that still grows, what its upload does not have yet. */
function openLine(outputs: readonly Output[], link: Link): string {
  const shown = outputs.find(output => outputLinks(output).some(each => idOf(each) === idOf(link)));
  const plain = shown === undefined ? '' : plainOf(shown);
  return 'upload' in link ? plain.slice(plain.lastIndexOf('\n') + 1) : '';
}
