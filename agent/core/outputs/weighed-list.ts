/** The outputs of one cell with what they take of its budget. Without a budget nothing is weighed. Pure. */
import type { Output } from './output.js';
import { weightOf, type OutputBudget } from './output-budget.js';
import { uploadsOf } from './spilled-parts.js';

export class WeighedList {
  readonly #allowed: number;
  readonly #each: number;
  #list: Output[];
  #weight: number;

  constructor(list: readonly Output[], budget: OutputBudget | undefined) {
    this.#allowed = budget?.inlineBytes ?? Infinity;
    this.#each = budget?.each ?? 0;
    this.#list = [...list];
    this.#weight = list.reduce((sum, output) => sum + this.#weigh(output), 0);
  }

  get list(): readonly Output[] {
    return this.#list;
  }

  get length(): number {
    return this.#list.length;
  }

  /** Bytes that the budget still has; negative if it is exceeded. */
  get room(): number {
    return this.#allowed - this.#weight;
  }

  at(position: number): Output | undefined {
    return this.#list[position];
  }

  push(output: Output): void {
    this.#list.push(output);
    this.#weight += this.#weigh(output);
  }

  /** Puts an output in the place of another; there must be one. */
  put(position: number, output: Output): void {
    const before = this.#list[position];
    this.#weight += this.#weigh(output) - (before === undefined ? 0 : this.#weigh(before));
    this.#list[position] = output;
  }

  clear(): void {
    this.#list = [];
    this.#weight = 0;
  }

  /** Changes every output that waits for this upload, or goes on with it. */
  replace(upload: string, change: (output: Output) => Output): void {
    this.#list.forEach((output, position) => {
      if (uploadsOf(output).includes(upload)) {
        this.put(position, change(output));
      }
    });
  }

  #weigh(output: Output): number {
    return this.#allowed === Infinity ? 0 : weightOf(output) + this.#each;
  }
}
