/**
 * The end of a cell's outputs, where a stream may go on: in the document, or outside once the budget is
 * exceeded; or all further outputs, kept in one place. Pure but for its memory.
 */
import { cutAt, weigh, weighsAs, weightOf, type OutputBudget } from './output-budget.js';
import { memoryBehind, type OutputMemory } from './output-memory.js';
import { textOf, type OutputMessage } from './output-message.js';
import type { OutputSpills } from './output-spills.js';
import type { Output } from './output.js';
import { isRest, REST } from './outside-output.js';
import { spillError } from './spilled-error.js';
import { SpilledStream, type SpilledMemory } from './spilled-stream.js';
import { EMPTY_TEXT, print, type TerminalText } from './terminal-text.js';
import type { WeighedList } from './weighed-list.js';

export class OutputEnd {
  readonly #budget: OutputBudget | undefined;
  readonly #spills: OutputSpills;
  readonly #shown: WeighedList;
  #cursor: number;
  /** The stream at the end, if it is kept outside. */
  #spilled: SpilledStream | undefined;
  /** Some outputs are kept outside with all that followed them. */
  #hasRest: boolean;

  /** Of the outputs in `shown`, which it changes. Without a budget everything stays. */
  constructor(
    shown: WeighedList,
    spills: OutputSpills,
    memory: OutputMemory,
    budget: OutputBudget | undefined
  ) {
    this.#budget = budget;
    this.#spills = spills;
    this.#shown = shown;
    this.#cursor = memory.cursor;
    const { list } = shown;
    this.#hasRest = list.some(isRest);
    if (memory.spilled !== undefined) {
      this.#spilled = SpilledStream.resume(list.at(-1), memory.spilled, memory.cursor);
      this.#cursor = memoryBehind(list).cursor;
    }
  }

  /** The stream at the end, if it is kept outside. */
  get spilled(): SpilledStream | undefined {
    return this.#spilled;
  }

  /** UTF-16 units of the stream at the end, all of which stands in the document; 0 if there is none. */
  get streamLength(): number {
    const last = this.#shown.at(this.#shown.length - 1);
    return last?.output_type === 'stream' ? textOf(last.text).length : 0;
  }

  memory(): { readonly cursor: number; readonly spilled?: SpilledMemory } {
    return this.#spilled === undefined
      ? { cursor: this.#cursor }
      : { cursor: this.#spilled.cursor, spilled: this.#spilled.memory() };
  }

  /** What is shown of a stream outside is up to date after this. */
  refresh(): void {
    if (this.#spilled !== undefined) {
      this.#shown.put(this.#shown.length - 1, this.#spilled.output());
    }
  }

  /** The last stream is complete. */
  close(): void {
    if (this.#spilled !== undefined) {
      this.#spilled.close();
      this.#spills.closed(this.#spilled);
      this.refresh();
      this.#spilled = undefined;
    }
  }

  /** Everything was cleared. */
  clear(): void {
    this.#cursor = 0;
    this.#spilled = undefined;
    this.#hasRest = false;
  }

  /**
   * Whether the message begins an output, or changes one, behind what the document may have at most.
   * `clears`: the next output clears all.
   */
  isOfRest({ header, content }: OutputMessage, clears: boolean): boolean {
    if (this.#budget === undefined) {
      return false;
    }
    const goesOn = this.#spilled?.name === REST && !clears;
    const isFull = this.#shown.room < -this.#budget.beyond && !clears;
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

  /** Keeps the message with all further outputs. */
  takeRest({ header, content }: OutputMessage): void {
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

  /** An error, outside but for its beginning if it is large. */
  fail(error: Output): void {
    this.close();
    const next = (): string => this.#spills.nextUpload();
    const spilled = this.#budget && spillError(error, this.#shown.room, this.#budget, next);
    this.#shown.push(spilled?.beginning ?? error);
    if (spilled !== undefined) {
      this.#shown.push(spilled.whole.output());
      this.#spills.closed(spilled.whole);
    }
  }

  /** Text of a stream: goes on with the last output, or is a new one. */
  print(name: string, added: string): void {
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

  /** Of the stream that text of its name would go on with; '' if the last output is none. */
  get #lastStream(): string {
    const last = this.#shown.at(this.#shown.length - 1);
    return this.#spilled?.name ?? (last?.output_type === 'stream' ? textOf(last.name) : '');
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
}
