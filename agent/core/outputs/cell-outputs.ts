/**
 * The outputs of one cell as a fold over IOPub messages, by nbclient's rules (streams joined by name,
 * clear_output with and without wait, display updates by id), with JupyterLab's terminal text. With a
 * budget, what exceeds it is to be stored outside, and the outputs are as they then stand in the document.
 * Knows nothing of Yjs. Guarantees: an output object never changes; a changed output is a new object.
 */
import type { ArtifactLink, Json } from '../../../schema/index.js';
import { cutAt, weighsAs, weigh, weightOf, type OutputBudget } from './output-budget.js';
import { displayId, objectOf, textOf, type OutputMessage } from './output-message.js';
import { OutputSpills, type Spill } from './output-spills.js';
import { isRest, REST, SpilledStream, type SpilledMemory } from './spilled-stream.js';
import { withLink, withoutPart } from './spilled-parts.js';
import { EMPTY_TEXT, print, type TerminalText } from './terminal-text.js';
import { WeighedList } from './weighed-list.js';

/** An nbformat output; a stream's text is one string. */
export type Output = { readonly output_type: string } & Readonly<Record<string, Json>>;

/** What the outputs themselves do not show, but the next message needs. */
export interface OutputMemory {
  /** Where the next character of the last stream goes; of a spilled one, in its open line. */
  readonly cursor: number;
  /** clear_output(wait=True) was called; the next output clears. */
  readonly clearNext: boolean;
  /** Positions of the outputs of each display id. */
  readonly displays: Readonly<Record<string, readonly number[]>>;
  /** The last stream is kept outside, and goes on. */
  readonly spilled?: SpilledMemory;
  /** How many uploads there were; none if it is left out. */
  readonly uploads?: number;
}

export const NO_MEMORY: OutputMemory = { cursor: 0, clearNext: false, displays: {} };

/** Behind outputs of which nothing else is known: text goes on at their end. */
export function memoryBehind(outputs: readonly Output[]): OutputMemory {
  const last = outputs.at(-1);
  return {
    ...NO_MEMORY,
    cursor: last?.output_type === 'stream' ? textOf(last.text).length : 0
  };
}

export class CellOutputs {
  readonly #budget: OutputBudget | undefined;
  readonly #spills: OutputSpills;
  readonly #shown: WeighedList;
  #cursor: number;
  #clearNext: boolean;
  #displays: Map<string, number[]>;
  /** The stream at the end, if it is kept outside. */
  #spilled: SpilledStream | undefined;
  /** Some outputs are kept outside with all that followed them. */
  #hasRest: boolean;

  /** Without a budget everything stays. */
  constructor(
    list: readonly Output[] = [],
    memory: OutputMemory = NO_MEMORY,
    budget?: OutputBudget
  ) {
    this.#budget = budget;
    this.#spills = new OutputSpills(budget?.uploads ?? '', memory.uploads ?? 0);
    this.#shown = new WeighedList(list, budget);
    this.#cursor = memory.cursor;
    this.#clearNext = memory.clearNext;
    this.#displays = new Map(
      Object.entries(memory.displays).map(([id, positions]) => [id, [...positions]])
    );
    this.#hasRest = list.some(isRest);
    if (memory.spilled !== undefined) {
      this.#spilled = SpilledStream.resume(list.at(-1), memory.spilled, memory.cursor);
      this.#cursor = memoryBehind(list).cursor;
    }
  }

  /** As they stand in the document once what `drain` gave is stored. */
  get list(): readonly Output[] {
    if (this.#spilled !== undefined) {
      this.#shown.put(this.#shown.length - 1, this.#spilled.output());
    }
    return this.#shown.list;
  }

  /** Whether the stream at the end is kept outside, so that what it adds costs an upload. */
  get spilling(): boolean {
    return this.#spilled !== undefined;
  }

  memory(): OutputMemory {
    const { count } = this.#spills;
    return {
      cursor: this.#spilled?.cursor ?? this.#cursor,
      clearNext: this.#clearNext,
      displays: Object.fromEntries(this.#displays),
      ...(this.#spilled !== undefined && { spilled: this.#spilled.memory() }),
      ...(count > 0 && { uploads: count })
    };
  }

  /** What has to be stored before `list` may be shown, in order; each is given once. */
  drain(): readonly Spill[] {
    return this.#spills.drain(this.#shown.list, this.#spilled);
  }

  /** An upload is complete: its link is the artifact's from now on. */
  stored(upload: string, link: ArtifactLink): void {
    this.#shown.replace(upload, output => withLink(output, upload, link));
  }

  /** A part could not be stored; `reason` for a person. */
  refused(upload: string, reason: string): void {
    this.#shown.replace(upload, output => withoutPart(output, upload, reason));
  }

  /** A stream that is kept outside has been changed by a refusal. */
  changed(stream: SpilledStream): void {
    this.#shown.replace(stream.upload, () => stream.output());
  }

  /** Nothing more comes: the last stream is complete. */
  close(): void {
    if (this.#spilled !== undefined) {
      this.#spilled.close();
      this.#spills.closed(this.#spilled);
      this.#shown.put(this.#shown.length - 1, this.#spilled.output());
      this.#spilled = undefined;
    }
  }

  /** Takes one message; other types than outputs change nothing. */
  take(message: OutputMessage): void {
    const { content } = message;
    if (this.#isOfRest(message)) {
      this.#keepWithRest(message);
      return;
    }
    switch (message.header.msg_type) {
      case 'stream':
        this.#stream(textOf(content.name), textOf(content.text));
        break;
      case 'display_data':
      case 'execute_result':
        this.#display(message);
        break;
      case 'update_display_data':
        this.#update(displayId(content), content);
        break;
      case 'error':
        this.#append({
          output_type: 'error',
          ename: textOf(content.ename),
          evalue: textOf(content.evalue),
          traceback: (content.traceback ?? []) as Json
        });
        break;
      case 'clear_output':
        if (content.wait === true) {
          this.#clearNext = true;
        } else {
          this.#clear();
        }
        break;
      default:
    }
  }

  /** Whether the message begins an output, or changes one, behind what the document may have at most. */
  #isOfRest({ header, content }: OutputMessage): boolean {
    if (this.#budget === undefined) {
      return false;
    }
    const goesOn = this.#spilled?.name === REST && !this.#clearNext;
    const isFull = this.#shown.room < -this.#budget.beyond && !this.#clearNext;
    switch (header.msg_type) {
      case 'stream':
        return goesOn || (isFull && this.#lastStream !== textOf(content.name));
      case 'display_data':
      case 'execute_result':
        return goesOn || isFull;
      case 'update_display_data':
        return this.#hasRest;
      default:
        return false;
    }
  }

  /** Of the stream that text of its name would go on with; '' if the last output is none. */
  get #lastStream(): string {
    const last = this.#shown.at(this.#shown.length - 1);
    return this.#spilled?.name ?? (last?.output_type === 'stream' ? textOf(last.name) : '');
  }

  #keepWithRest({ header, content }: OutputMessage): void {
    if (header.msg_type !== 'stream') {
      // One that is shown above may have the same id.
      this.#update(displayId(content), content);
    }
    if (this.#spilled?.name !== REST) {
      this.close();
      const { tail = 0 } = this.#budget ?? {};
      const rest = SpilledStream.of(REST, EMPTY_TEXT, this.#spills.nextUpload(), tail);
      this.#shown.push(rest.output());
      this.#spilled = rest;
      this.#hasRest = true;
    }
    this.#spilled.take(`${JSON.stringify({ type: header.msg_type, content })}\n`);
  }

  #stream(name: string, added: string): void {
    this.#clearIfAsked();
    if (this.#spilled?.name === name) {
      this.#spilled.take(added);
      return;
    }
    this.close();
    const position = this.#shown.length - 1;
    const last = this.#shown.at(position);
    if (last?.output_type === 'stream' && last.name === name) {
      const before = textOf(last.text);
      const screen = print({ text: before, cursor: this.#cursor }, added);
      const output = { ...last, text: screen.text };
      this.#cursor = screen.cursor;
      if (this.#budget !== undefined) {
        const isMore = screen.text.length === before.length + added.length;
        weighsAs(output, last, isMore ? weigh(added) : screen.text.length - before.length);
      }
      this.#shown.put(position, output);
      this.#spill(name, output, screen);
      return;
    }
    const screen = print(EMPTY_TEXT, added);
    const output = { output_type: 'stream', name, text: screen.text };
    this.#shown.push(output);
    this.#cursor = screen.cursor;
    this.#spill(name, output, screen);
  }

  /** Keeps the last output, a stream, outside if the budget is exceeded: its beginning stays. */
  #spill(name: string, output: Output, screen: TerminalText): void {
    const weight = weightOf(output);
    if (this.#budget === undefined || weight <= this.#budget.small) {
      return;
    }
    const { head, tail, stream: most } = this.#budget;
    if (this.#shown.room >= 0 && weight <= most) {
      return;
    }
    const room = Math.max(0, this.#shown.room + weight);
    const limit = Math.min(tail, Math.max(2048, Math.floor(room / 4)));
    const stream = SpilledStream.of(name, screen, this.#spills.nextUpload(), limit);
    const settled = screen.text.length - stream.memory().open;
    const kept = screen.text.slice(0, cutAt(screen.text, Math.min(head, settled, room >> 1)));
    const lineEnd = kept.lastIndexOf('\n') + 1;
    this.#shown.put(this.#shown.length - 1, {
      ...output,
      text: kept.slice(0, lineEnd || kept.length)
    });
    this.#shown.push(stream.output());
    this.#spilled = stream;
  }

  #display(message: OutputMessage): void {
    const { content } = message;
    const id = displayId(content);
    this.#update(id, content);
    this.#clearIfAsked();
    this.close();
    if (id !== undefined) {
      const positions = this.#displays.get(id) ?? [];
      this.#displays.set(id, [...positions, this.#shown.length]);
    }
    const bundle = this.#bundle(content, this.#shown.room);
    this.#shown.push(
      message.header.msg_type === 'execute_result'
        ? {
            output_type: 'execute_result',
            ...bundle,
            execution_count: (content.execution_count ?? null) as Json
          }
        : { output_type: 'display_data', ...bundle }
    );
  }

  #update(id: string | undefined, content: OutputMessage['content']): void {
    const positions = id === undefined ? [] : (this.#displays.get(id) ?? []);
    const shown = positions.flatMap(position => this.#shown.at(position) ?? []);
    if (shown.length > 0) {
      const freed = shown.reduce((sum, output) => sum + weightOf(output), 0);
      const bundle = this.#bundle(content, (this.#shown.room + freed) / shown.length);
      for (const position of positions) {
        const output = this.#shown.at(position);
        if (output !== undefined) {
          this.#shown.put(position, { ...output, ...bundle });
        }
      }
    }
  }

  #bundle({ data, metadata }: OutputMessage['content'], room: number): Record<string, Json> {
    const whole = objectOf(data);
    return {
      data: this.#budget === undefined ? whole : this.#spills.fit(whole, room, this.#budget.small),
      metadata: objectOf(metadata)
    };
  }

  #append(output: Output): void {
    this.#clearIfAsked();
    this.close();
    this.#shown.push(output);
  }

  #clearIfAsked(): void {
    if (this.#clearNext) {
      this.#clearNext = false;
      this.#clear();
    }
  }

  #clear(): void {
    this.#shown.clear();
    this.#displays.clear();
    this.#cursor = 0;
    this.#spilled = undefined;
    this.#hasRest = false;
    this.#spills.clear();
  }
}
