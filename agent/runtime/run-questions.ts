/**
 * What a run asks, and the answer that a person gave, which waits for a connection to the kernel or
 * for the run to be taken over. Guarantees: an answer is given once, and never to the next question.
 */
import type { FromAgent, ToAgent } from '../../schema/index.js';
import type { KernelControl, KernelQuestion } from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';
import type { Run } from './run-report.js';

export type Answer = Omit<Extract<ToAgent, { type: 'answer-input' }>, 'type'>;

export class RunQuestions {
  readonly #report: (message: FromAgent) => void;
  readonly #control: () => KernelControl | undefined;
  #unsent: Answer | undefined;

  constructor(report: (message: FromAgent) => void, control: () => KernelControl | undefined) {
    this.#report = report;
    this.#control = control;
  }

  /** The kernel asks while this run has it; a question of another request is none of ours. */
  asked(question: KernelQuestion, { executionId, cellId }: Run): void {
    if (executionId === (question.executionId ?? executionId)) {
      this.#report({ type: 'input-requested', ...question, executionId, cellId });
    }
  }

  /** An answer has come; `send` gives it. */
  keep(answer: Answer): void {
    this.#unsent = answer;
  }

  /** Gives the answer that waits for this run, if there is one and the kernel can be reached. */
  send(execution: CellExecution): void {
    const answer = this.#unsent;
    if (answer === undefined || execution.run.executionId !== answer.executionId) {
      return;
    }
    const { executionId, question, value } = answer;
    const { requestId } = question;
    this.#control()?.answer(requestId, value, () => {
      // Said before it is sent: lost at worst, never given to the next question.
      this.#unsent = undefined;
      this.#report({ type: 'input-taken', executionId, requestId });
      execution.answered(question, value);
    });
  }
}
