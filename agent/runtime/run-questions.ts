/**
 * What a run asks, and the answer that a person gave, which waits for a connection to the kernel or
 * for the run to be taken over, and is given again when the kernel asks again. Guarantee: what has an
 * answer is asked of no person again.
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
  /** The newest answer; kept, for a connection that is cut may lose it. */
  #answer: Answer | undefined;
  /** Whether it is yet to be given, perhaps again. */
  #due = false;
  #taken = false;
  /** What was asked last, and no answer to it has gone to the kernel. */
  #open: { readonly executionId: string; readonly requestId: string } | undefined;

  constructor(world: QuestionsWorld) {
    this.#world = world;
  }

  /** Whether the run waits for an answer. */
  get waits(): boolean {
    const { run, execution } = this.#world.asking();
    return run?.executionId === this.#open?.executionId && execution?.ended === false;
  }

  /** The kernel asks; a question of another request than the run's is none of ours. */
  asked(question: KernelQuestion): void {
    const { run, execution } = this.#world.asking();
    if (run === undefined || execution?.ended === true) {
      return;
    }
    const { executionId, cellId } = run;
    if (executionId !== (question.executionId ?? executionId)) {
      return;
    }
    if (this.#answers(executionId, question.requestId)) {
      // The answer has not arrived.
      this.#due = true;
      this.#give(execution);
    } else {
      this.#open = { executionId, requestId: question.requestId };
      this.#world.report({ type: 'input-requested', ...question, executionId, cellId });
    }
  }

  /**
   * Gives a person's answer to the kernel; passed over if the run has ended. One that an earlier agent
   * has taken is given if the kernel asks again.
   */
  answer(answer: Answer): void {
    const { run, execution } = this.#world.asking();
    const { executionId, question, taken = false } = answer;
    if (run?.executionId !== executionId || execution?.ended === true) {
      return;
    }
    if (!this.#answers(executionId, question.requestId)) {
      this.#answer = answer;
      this.#due = !taken;
      this.#taken = taken;
    }
    // The kernel may have asked again before this was told.
    this.#due ||= this.#open?.requestId === question.requestId;
    this.#give(execution);
  }

  /** Gives the answer that waits for this run, if there is one and the kernel can be reached. */
  send(execution: CellExecution): void {
    if (execution.run.executionId === this.#answer?.executionId) {
      this.#give(execution);
    }
  }

  #answers(executionId: string, requestId: string): boolean {
    const answer = this.#answer;
    return answer?.executionId === executionId && answer.question.requestId === requestId;
  }

  #give(execution: CellExecution | undefined): void {
    const answer = this.#answer;
    if (execution === undefined || answer === undefined || !this.#due) {
      return;
    }
    const { executionId, question, value } = answer;
    const { requestId } = question;
    // Whether or not an earlier one has arrived: the server passes on one answer to each question.
    this.#world.control()?.answer(requestId, value, () => {
      this.#due = false;
      this.#open = undefined;
      if (!this.#taken) {
        this.#taken = true;
        this.#world.report({ type: 'input-taken', executionId, requestId });
        execution.answered(question, value);
      }
    });
  }
}
