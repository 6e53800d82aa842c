import { describe, expect, it } from 'vitest';
import { Answers } from '../../../agent/loop/answers.js';
import type { CellId, EventId, ExecutionId, StreamPath, ToAgent } from '../../../schema/index.js';

const STREAM = '/notebooks/f' as StreamPath;
const RUN = 'run' as ExecutionId;
const QUESTION = { requestId: 'one', prompt: 'one?', password: true };
const asks = (requestId: string) =>
  ({
    type: 'input-requested',
    ...{ executionId: RUN, cellId: 'a' as CellId, ...QUESTION, requestId }
  }) as const;

/** Bob's answer was given; what the agents are told. */
function answered() {
  const told: [number, ToAgent][] = [];
  const answers = new Answers({
    tell: (_stream, epoch, message) => told.push([epoch, message])
  });
  answers.give({
    type: 'agent.answer-input',
    ...{ stream: STREAM, plannedBy: 'event' as EventId, epoch: 1, executionId: RUN },
    ...{ question: QUESTION, value: 'hunter2' }
  });
  const given = (epoch: number, taken: boolean) => [
    epoch,
    { type: 'answer-input', executionId: RUN, question: QUESTION, value: 'hunter2', taken }
  ];
  return { answers, told, given };
}

describe('an answer', () => {
  it('[N17] is told to the next agent, and whether one has taken it', () => {
    const { answers, told, given } = answered();
    answers.tell(STREAM, 2);
    const taken = { type: 'input-taken', executionId: RUN, requestId: 'one' } as const;
    expect(answers.take(STREAM, 2, taken)).toBe(true);
    answers.tell(STREAM, 3);
    expect(told).toEqual([given(1, false), given(2, false), given(3, true)]);
  });

  it('[N17] is told again when its question is asked, which nobody else hears; another one is asked', () => {
    const { answers, told, given } = answered();
    expect(answers.take(STREAM, 1, asks('one'))).toBe(true);
    expect(told).toEqual([given(1, false), given(1, false)]);
    expect(answers.take(STREAM, 1, asks('two'))).toBe(false);
  });

  it('[N11] is forgotten when its run is over', () => {
    const { answers, told } = answered();
    answers.keepFor(STREAM, [{ executionId: RUN }]);
    answers.tell(STREAM, 2);
    expect(told).toHaveLength(2);
    answers.keepFor(STREAM, []);
    answers.tell(STREAM, 3);
    expect(told).toHaveLength(2);
    expect(answers.take(STREAM, 3, asks('one'))).toBe(false);
  });
});
