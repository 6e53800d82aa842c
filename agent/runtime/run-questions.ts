/**
 * What a run asks, and the answer that a person gave, which waits for a connection to the kernel or
 * for the run to be taken over. Guarantees: an answer is given once, and never to the next question.
 */
import type { FromAgent, ToAgent } from '../../schema/index.js';
import type { KernelControl, KernelQuestion } from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';
import type { Run } from './run-report.js';

export type Answer = Omit<Extract<ToAgent, { type: 'answer-input' }>, 'type'>;

export interface QuestionsWorld {
  readonly report: (message: FromAgent) => void;
  readonly control: () => KernelControl | undefined;
  /** The run that the kernel has, so that it may ask. */
  readonly asking: () => { readonly run?: Run; readonly execution?: CellExecution };
}

export class RunQuestions {
  readonly #world: QuestionsWorld;
  #unsent: Answer | undefined;

  constructor(world: QuestionsWorld) {
    this.#world = world;
  }

  /** The kernel asks; a question of another request than the run's is none of ours. */
  asked(question: KernelQuestion): void {
    const { run, execution } = this.#world.asking();
    if (run === undefined || execution?.ended === true) {
      return;
    }
    const { executionId, cellId } = run;
    if (executionId === (question.executionId ?? executionId)) {
      this.#world.report({ type: 'input-requested', ...question, executionId, cellId });
    }
  }

  /** Gives a person's answer to the kernel, once; passed over if the run has ended. */
  answer(answer: Answer): void {
    const { run, execution } = this.#world.asking();
    if (run?.executionId !== answer.executionId || execution?.ended === true) {
      return;
    }
    this.#unsent = answer;
    if (execution !== undefined) {
      this.send(execution);
    }
  }

  /** Gives the answer that waits for this run, if there is one and the kernel can be reached. */
  send(execution: CellExecution): void {
    const answer = this.#unsent;
    if (answer === undefined || execution.run.executionId !== answer.executionId) {
      return;
    }
    const { executionId, question, value } = answer;
    const { requestId } = question;
    this.#world.control()?.answer(requestId, value, () => {
      // Said before it is sent: lost at worst, never given to the next question.
      this.#unsent = undefined;
      this.#world.report({ type: 'input-taken', executionId, requestId });
      execution.answered(question, value);
    });
  }
}
