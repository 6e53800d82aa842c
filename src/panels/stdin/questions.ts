/**
 * Shows in a notebook panel what the running cell asks for, whoever runs it. The field stands there
 * until somebody has answered, in this browser or elsewhere, or the run is over; after a reload of the
 * page it is there again. The keyboard goes to it only for the person whose run it is.
 */
import { CodeCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ITranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ExecutionId, InputQuestion } from '../../../schema/index.js';
import { followPanel } from '../../store/follow-panel.js';
import type { NotebookStore } from '../../store/notebook-store.js';
import { QuestionField } from './question-field.js';

export interface QuestionsOptions {
  /** Username of the person at this browser; undefined while it is not known. */
  readonly me: () => string | undefined;
  /** An answer of this browser was not taken. */
  readonly onRefused: (reason: unknown) => void;
  readonly translator: ITranslator;
}

export class Questions implements IDisposable {
  constructor(
    private readonly panel: NotebookPanel,
    private readonly store: NotebookStore,
    private readonly options: QuestionsOptions
  ) {
    this.following = followPanel(panel, store, {
      onNews: () => this.refresh(),
      onCells: () => this.refresh(),
      onShown: () => this.refresh()
    });
    this.refresh();
  }

  get isDisposed(): boolean {
    return this.following.isDisposed;
  }

  dispose(): void {
    this.following.dispose();
    this.field?.dispose();
  }

  private refresh(): void {
    const question = this.store.views.running?.question ?? undefined;
    if (this.field?.isDisposed === true || this.field?.cell.isDisposed === true) {
      this.field = undefined;
    }
    if (this.field !== undefined && this.field.question.requestId !== question?.requestId) {
      this.field.leave(hadFocus => hadFocus && this.focusNotebook());
      this.field = undefined;
    }
    if (question !== undefined && this.field === undefined && !this.panel.isDisposed) {
      this.show(question);
    }
  }

  /** @param draft What was typed before. */
  private show(question: InputQuestion, draft = ''): void {
    const { running } = this.store.views;
    const cell = this.panel.content.widgets.find(({ model }) => model.id === running?.cellId);
    if (running === undefined || !(cell instanceof CodeCell)) {
      return;
    }
    const { actor, executionId } = running;
    const mine = actor.kind === 'human' && actor.id === this.options.me();
    const field = new QuestionField({
      cell,
      question,
      takesFocus: mine && this.panel.isVisible && this.taken !== question.requestId,
      onAnswer: value => void this.answer(executionId, question, value),
      translator: this.options.translator
    });
    if (!field.place()) {
      // A cell that was never in view is shown when it comes into view.
      field.dispose();
      return;
    }
    field.draft = draft;
    this.field = field;
    this.taken = question.requestId;
  }

  private async answer(
    executionId: ExecutionId,
    question: InputQuestion,
    value: string
  ): Promise<void> {
    const { requestId, password } = question;
    try {
      await this.store.order({
        type: 'execution.answer-input',
        data: { executionId, requestId, value }
      });
    } catch (reason) {
      if (this.isDisposed) {
        return;
      }
      this.options.onRefused(reason);
      if (this.store.views.running?.question?.requestId === requestId) {
        // JupyterLab's field takes one answer: still asked, so a new one.
        this.field?.dispose();
        this.show(question, password ? '' : value);
      }
    }
  }

  private focusNotebook(): void {
    if (!this.panel.isDisposed && this.field?.hasFocus !== true) {
      this.panel.content.node.focus({ preventScroll: true });
    }
  }

  private readonly following: IDisposable;
  private field: QuestionField | undefined;
  /** The question that had its chance of the keyboard. */
  private taken: string | undefined;
}
