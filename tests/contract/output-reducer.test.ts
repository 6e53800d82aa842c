/** The fold of one cell's outputs keeps the contract, also taken over between any two messages. */
import { CellOutputs } from '../../agent/core/outputs/cell-outputs.js';
import { messageOf, outputContract } from './output-contract.js';
import type { Sequence } from './output-sequences.js';

const oneCell = ({ shows }: Sequence): boolean => shows.length === 1;

outputContract(
  'folded',
  ({ said }) => {
    const outputs = new CellOutputs();
    said.map(messageOf).forEach(message => outputs.take(message));
    return [outputs.list];
  },
  oneCell
);

outputContract(
  'folded by another agent from message to message',
  ({ said }) => {
    let outputs = new CellOutputs();
    for (const each of said) {
      const stored: unknown = JSON.parse(JSON.stringify([outputs.list, outputs.memory()]));
      outputs = new CellOutputs(...(stored as ConstructorParameters<typeof CellOutputs>));
      outputs.take(messageOf(each));
    }
    return [outputs.list];
  },
  oneCell
);
