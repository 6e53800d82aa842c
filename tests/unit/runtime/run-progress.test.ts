/** What is told of a run, folded into how it ended. */
import { expect, it } from 'vitest';
import type { ExecuteReply, IopubMessage } from '../../../agent/ports/runtime.js';
import {
  NO_PROGRESS,
  progressAfter,
  progressAfterReply,
  runEnd
} from '../../../agent/runtime/run-progress.js';

const told = (msg_type: string, content: IopubMessage['content']): IopubMessage => ({
  header: { msg_id: 'm', msg_type },
  parent_header: { msg_id: 'run' },
  metadata: {},
  content
});

it('[R34] is interrupted when an interrupt leaves nothing of its error but a line, and the kernel never replies', () => {
  const progress = [
    told('execute_input', { execution_count: 1 }),
    told('stream', { name: 'stderr', text: 'before\nKeyboardInterrupt\n\n' })
  ].reduce(
    (before, message) => progressAfter(before, message, '2026-01-01T00:00:00.000Z'),
    NO_PROGRESS
  );
  expect(runEnd(progress, undefined)).toMatchObject({
    outcome: 'interrupted',
    reason: 'The run was interrupted.'
  });
  const reply = (end: Pick<ExecuteReply, 'status' | 'error'>) => {
    const whole = { executionCount: 1, startedAt: null, repliedAt: null, ...end };
    return runEnd(progressAfterReply(progress, whole), whole);
  };
  expect(reply({ status: 'ok', error: null })).toEqual({ outcome: 'ok' });
  const error = { ename: 'ValueError', evalue: '' };
  expect(reply({ status: 'error', error })).toEqual({ outcome: 'error', error });
});
