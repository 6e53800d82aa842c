import { describe, expect, it } from 'vitest';
import type { CellExecution } from '../../../agent/runtime/cell-execution.js';
import { RunQuestions } from '../../../agent/runtime/run-questions.js';
import type { FromAgent } from '../../../schema/index.js';
import { runMessage } from '../../integration/agent-process.js';

const run = runMessage('a', 'input()');
const { executionId } = run;
const QUESTION = { executionId, requestId: 'one', prompt: 'one?', password: false };
const ANSWER = { executionId, question: { requestId: 'one', prompt: 'one?', password: false } };

/** What an agent that took over the run has told, shown and given to the kernel. */
function takenOver() {
  const told: FromAgent['type'][] = [];
  const given: string[] = [];
  const shown: string[] = [];
  const execution = {
    ...{ run, ended: false },
    answered: (_question: unknown, value: string) => shown.push(value)
  } as unknown as CellExecution;
  const control = {
    answer: (_id: string, value: string, onSending: () => void) => {
      onSending();
      given.push(value);
    }
  };
  const questions = new RunQuestions({
    report: ({ type }) => told.push(type),
    control: () => control as never,
    asking: () => ({ run, execution })
  });
  return { questions, told, given, shown };
}

describe('an answer that an earlier agent has taken', () => {
  it('[N17] is given when the kernel asks again, before or after it is told, and not shown again', () => {
    const before = takenOver();
    before.questions.asked(QUESTION);
    before.questions.answer({ ...ANSWER, value: 'A', taken: true });
    expect(before).toMatchObject({ told: ['input-requested'], given: ['A'], shown: [] });
    const after = takenOver();
    after.questions.answer({ ...ANSWER, value: 'A', taken: true });
    expect(after.given).toEqual([]);
    after.questions.asked(QUESTION);
    expect(after).toMatchObject({ told: [], given: ['A'], shown: [] });
  });

  it('[N17] is shown once, if none has taken it, and given as often as the kernel asks', () => {
    const { questions, told, given, shown } = takenOver();
    questions.asked(QUESTION);
    expect(questions.waits).toBe(true);
    questions.answer({ ...ANSWER, value: 'A' });
    questions.answer({ ...ANSWER, value: 'A', taken: true });
    expect(questions.waits).toBe(false);
    questions.asked(QUESTION);
    expect({ told, given, shown }).toEqual({
      ...{ told: ['input-requested', 'input-taken'], given: ['A', 'A'], shown: ['A'] }
    });
  });
});
