/**
 * What a limit that a run has reached makes of its outputs: an error that names it. Jupyter Server
 * watches the limits and interrupts. Pure.
 */
import { LIMIT_REACHED } from '../../schema/index.js';
import { limitWords } from '../core/execution/limit-end.js';
import type { IopubMessage, LimitReached } from '../ports/runtime.js';

/** The error that the cell shows, as a message of the run. */
export function limitMessage(reached: LimitReached): IopubMessage {
  const evalue = limitWords(reached);
  return {
    header: { msg_id: `${reached.executionId}-limit`, msg_type: 'error' },
    parent_header: { msg_id: reached.executionId },
    metadata: {},
    content: { ename: LIMIT_REACHED, evalue, traceback: [`${LIMIT_REACHED}: ${evalue}`] }
  };
}

/** Whether an output of the run is still shown: above the limit of output only errors are. */
export function isShown(reached: LimitReached | undefined, { header }: IopubMessage): boolean {
  return reached?.limit !== 'output' || header.msg_type === 'error';
}
