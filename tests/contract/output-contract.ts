/** What everything that turns a kernel's messages into a notebook's outputs has to do. */
import type { IOutput } from '@jupyterlab/nbformat';
import { describe, expect, it } from 'vitest';
import type { IopubMessage } from '../../agent/ports/runtime.js';
import { SEQUENCES, type Said, type Sequence } from './output-sequences.js';

/** The message as the tap gives it; `run-<cell>` is the run of a cell. */
export function messageOf({ cell, type, content }: Said): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: type },
    parent_header: { msg_id: `run-${cell}` },
    metadata: {},
    content
  };
}

/** `show` gives the outputs of each cell; sequences that it cannot have are left out by `takes`. */
export function outputContract(
  name: string,
  show: (sequence: Sequence) => readonly (readonly IOutput[])[],
  takes: (sequence: Sequence) => boolean = () => true
): void {
  describe(`outputs, ${name}`, () => {
    it.each(SEQUENCES.filter(takes))('$title', sequence => {
      expect(show(sequence)).toEqual(sequence.shows);
    });
  });
}
