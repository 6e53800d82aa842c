/** A page that the kernel gives with its reply, as JupyterLab shows it: an output of the cell. */
import type { ExecutionId } from '../../schema/index.js';
import type { ExecuteReply, IopubMessage } from '../ports/runtime.js';

/** The page of this run as a message that displays it. */
export function pageMessage(
  executionId: ExecutionId,
  page: NonNullable<ExecuteReply['page']>
): IopubMessage {
  return {
    header: { msg_id: `${executionId}-page`, msg_type: 'display_data' },
    parent_header: { msg_id: executionId },
    metadata: {},
    content: { data: page, metadata: {} }
  };
}
