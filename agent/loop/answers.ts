/**
 * What people have typed for runs that ask, on its way to the kernel. Kept in memory only, because one
 * may be a password: what a host has lost is asked of a person again. Guarantees that an answer which
 * was lost on its way is given again, to an agent that takes over, too; none outlives its run.
 */
import type { AgentReport } from '../core/execution/react.js';
import type { Effect, StreamPath } from '../../schema/index.js';
import type { AgentRunner } from '../ports/host.js';

type Given = Extract<Effect, { type: 'agent.answer-input' }>;

/** `taken`: an agent has shown it and begun to give it to the kernel. */
type Answer = Given & { readonly taken: boolean };

export class Answers {
  /** The newest one of each notebook. */
  readonly #newest = new Map<StreamPath, Answer>();

  constructor(private readonly runner: Pick<AgentRunner, 'tell'>) {}

  give(answer: Given): void {
    this.#newest.set(answer.stream, { ...answer, taken: false });
    this.tell(answer.stream, answer.epoch);
  }

  /** Tells the agent of this epoch what it needs to know. */
  tell(stream: StreamPath, epoch: number): void {
    const answer = this.#newest.get(stream);
    if (answer !== undefined) {
      const { executionId, question, value, taken } = answer;
      this.runner.tell(stream, epoch, {
        type: 'answer-input',
        executionId,
        question,
        value,
        taken
      });
    }
  }

  /** Forgets the answer once its run is none of those that go on. */
  keepFor(stream: StreamPath, active: readonly { readonly executionId: string }[]): void {
    const answer = this.#newest.get(stream);
    if (!active.some(({ executionId }) => executionId === answer?.executionId)) {
      this.#newest.delete(stream);
    }
  }

  /** Whether the report was about an answer alone; else it is for others. */
  take(stream: StreamPath, epoch: number, report: AgentReport): boolean {
    const answer = this.#newest.get(stream);
    switch (report.type) {
      case 'input-taken':
        if (isTo(answer, report)) {
          this.#newest.set(stream, { ...answer, taken: true });
        }
        return true;
      case 'input-requested':
        if (!isTo(answer, report)) {
          return false;
        }
        // The agent did not know it yet.
        this.tell(stream, epoch);
        return true;
      default:
        return false;
    }
  }
}

function isTo(
  answer: Answer | undefined,
  { executionId, requestId }: { readonly executionId: string; readonly requestId: string }
): answer is Answer {
  return answer?.executionId === executionId && answer.question.requestId === requestId;
}
