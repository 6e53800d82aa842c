/** What an agent that goes on with a cell's outputs needs besides the outputs. Pure. */
import { textOf } from './output-message.js';
import type { Output } from './output.js';
import type { SpilledMemory } from './spilled-stream.js';

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
  /** How many outputs there were; left out by agents that did not say. */
  readonly shown?: number;
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
