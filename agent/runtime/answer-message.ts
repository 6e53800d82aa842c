/** A question of the kernel and a person's answer, as JupyterLab shows them: an output of the cell. */
import type { ExecutionId, InputQuestion } from '../../schema/index.js';
import type { IopubMessage } from '../ports/runtime.js';

/** Question and answer of this run as a message that shows them; of a password nothing. */
export function answerMessage(
  executionId: ExecutionId,
  { prompt, password }: InputQuestion,
  value: string
): IopubMessage {
  const text = `${prompt} ${password ? '········' : value}\n`;
  return {
    header: { msg_id: '', msg_type: 'stream' },
    parent_header: { msg_id: executionId },
    metadata: {},
    content: { name: 'stdin', text }
  };
}
