/**
 * A cell's outputs as they would be had nothing been kept outside: links become places for their bytes,
 * and texts that stand for outputs become those. Pure.
 */
import { ARTIFACT_MIME, ArtifactOutput } from '../../../schema/index.js';
import type { ArtifactLink, GrowingLink, Json } from '../../../schema/index.js';
import { isRecord, toJsonRecord } from '../json.js';
import { formOf, type ArtifactForm } from './artifact-form.js';
import { CellOutputs } from './cell-outputs.js';
import { memoryBehind } from './output-memory.js';
import type { Output } from './output.js';
import { REST, TRACEBACK } from './outside-output.js';
import { errorOf } from './spilled-error.js';

export type Link = ArtifactLink | GrowingLink;

/** How links are put in. */
export interface Inlining {
  /** Whether its bytes are there; otherwise it stays a link. */
  readonly has: (link: Link) => boolean;
  /** The text of a link that stands for outputs, see `textLinks`; undefined: it stays a text. */
  readonly textOf: (link: Link) => string | undefined;
  /** The value to put where the bytes belong. */
  readonly put: (link: Link, form: ArtifactForm) => Json;
}

/** What the bytes are stored under. */
export function idOf(link: Link): string {
  return 'hash' in link ? link.hash : link.upload;
}

/** Every link of an output; none for what has none. */
export function outputLinks(output: Json): readonly Link[] {
  const artifact = artifactOf(output);
  return artifact === null ? [] : artifact.kind === 'stream' ? [artifact.text] : artifact.parts;
}

/** The links whose whole text decides which outputs there are. */
export function textLinks(outputs: readonly Json[]): readonly Link[] {
  return outputs.flatMap(output => {
    const artifact = artifactOf(output);
    return artifact?.kind === 'stream' && standsForOutputs(artifact.name) ? [artifact.text] : [];
  });
}

/** The outputs without links, but for those whose bytes are not there. */
export function wholeOutputs(outputs: readonly Json[], inlining: Inlining): Json[] {
  const whole = new WholeOutputs(inlining);
  outputs.forEach(output => whole.add(output));
  return whole.list();
}

/** What stands for an output whose text comes later: no output goes on with it. */
const PLACE = 'place';

class WholeOutputs {
  readonly #inlining: Inlining;
  readonly #places: Json[] = [];
  #list: Output[] = [];
  #displays: Readonly<Record<string, readonly number[]>> = {};

  constructor(inlining: Inlining) {
    this.#inlining = inlining;
  }

  list(): Json[] {
    return this.#list.map(output =>
      output.output_type === PLACE ? (this.#places[Number(output['at'])] ?? null) : output
    );
  }

  add(output: Json): void {
    const artifact = artifactOf(output);
    if (artifact === null) {
      this.#push(output);
    } else if (artifact.kind === 'data') {
      this.#push(this.#withParts(toJsonRecord(output), artifact));
    } else if (!this.#inlining.has(artifact.text)) {
      this.#push(output);
    } else if (!standsForOutputs(artifact.name) || !this.#addTold(artifact)) {
      this.#replace('stream', artifact.name);
      const text = this.#inlining.put(artifact.text, 'text');
      this.#push({ output_type: 'stream', name: artifact.name, text });
    }
  }

  #push(output: Json): void {
    this.#list.push({ output_type: PLACE, at: this.#places.length });
    this.#places.push(output);
  }

  /** The beginning that stands before its whole goes away. */
  #replace(type: string, name?: string): void {
    const last = this.#list.at(-1);
    const before = toJsonRecord(
      last?.output_type === PLACE ? this.#places[Number(last['at'])] : last
    );
    if (before['output_type'] === type && (name === undefined || before['name'] === name)) {
      this.#list.pop();
    }
  }

  /** The outputs that a text stands for; false if it is not there as a text, or is of another form. */
  #addTold({ name, text: link, entries }: Extract<ArtifactOutput, { kind: 'stream' }>): boolean {
    const text = this.#inlining.textOf(link);
    if (text === undefined) {
      return false;
    }
    if (name === TRACEBACK) {
      this.#replace('error');
      this.#list.push(errorOf(text, entries));
      return true;
    }
    const messages = messagesOf(text);
    if (messages === undefined) {
      return false;
    }
    const memory = { ...memoryBehind(this.#list), displays: this.#displays };
    const rest = new CellOutputs(this.#list, memory);
    messages.forEach(message => rest.take(message));
    this.#list = [...rest.list];
    this.#displays = rest.memory().displays;
    return true;
  }

  #withParts(
    output: { readonly [key: string]: Json },
    artifact: Extract<ArtifactOutput, { kind: 'data' }>
  ): Json {
    const { has, put } = this.#inlining;
    const { [ARTIFACT_MIME]: _link, ...data } = toJsonRecord(output['data']);
    for (const part of artifact.parts.filter(has)) {
      data[part.mediaType] = put(part, formOf(part.mediaType));
    }
    const parts = artifact.parts.filter(part => !has(part));
    const rest = parts.length === 0 ? {} : { [ARTIFACT_MIME]: { ...artifact, parts } as Json };
    return { ...output, data: { ...data, ...rest } };
  }
}

function standsForOutputs(name: string): boolean {
  return name === REST || name === TRACEBACK;
}

/** Undefined for a text that is none of messages. */
function messagesOf(text: string) {
  try {
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const { type, content } = toJsonRecord(JSON.parse(line));
        if (typeof type !== 'string' || !isRecord(content)) {
          throw new SyntaxError('no message');
        }
        return { header: { msg_type: type }, content };
      });
  } catch {
    return undefined;
  }
}

function artifactOf(output: Json): ArtifactOutput | null {
  const data = isRecord(output) ? output['data'] : undefined;
  const value = isRecord(data) ? data[ARTIFACT_MIME] : undefined;
  const parsed = ArtifactOutput.safeParse(value);
  return parsed.success ? parsed.data : null;
}
