/**
 * The field below a cell that asks for input: JupyterLab's own, at the place where JupyterLab has it,
 * but beside the outputs, which are written anew while it stands there. It takes the keyboard once at
 * most, and only where it is told to.
 */
import type { CodeCell } from '@jupyterlab/cells';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { ITranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Panel, PanelLayout, type Widget } from '@lumino/widgets';
import type { InputQuestion } from '../../../schema/index.js';

/** How long a field that was answered keeps the keyboard, so that the next question gets it. Milliseconds. */
const LINGER = 500;

export interface FieldOptions {
  readonly cell: CodeCell;
  readonly question: InputQuestion;
  /** Whether it takes the keyboard as soon as it is there. */
  readonly takesFocus: boolean;
  readonly onAnswer: (value: string) => void;
  readonly translator: ITranslator;
}

export class QuestionField extends Panel {
  readonly cell: CodeCell;
  readonly question: InputQuestion;

  constructor({ cell, question, takesFocus, onAnswer, translator }: FieldOptions) {
    super();
    this.cell = cell;
    this.question = question;
    this.addClass('jp-ColophonQuestion');
    const { contentFactory } = cell.outputArea;
    // JupyterLab's field uses nothing else of the future, and only passes the header on.
    const future = {
      sendInputReply: ({ value }: { value: string }) => onAnswer(value)
    } as unknown as Kernel.IShellFuture;
    const header = {} as KernelMessage.IInputRequestMsg['header'];
    const { prompt, password } = question;
    const stdin = contentFactory.createStdin({
      ...{ prompt, password, future, translator },
      parent_header: header,
      showInputPlaceholder: true
    });
    stdin.addClass('jp-OutputArea-output');
    const place = contentFactory.createOutputPrompt();
    place.addClass('jp-OutputArea-prompt');
    const item = new Panel();
    item.addClass('jp-OutputArea-child');
    item.addClass('jp-OutputArea-stdin-item');
    item.addWidget(place);
    item.addWidget(stdin);
    this.addWidget(item);
    const input = stdin.node.querySelector('input');
    this.input = input;
    input?.setAttribute('aria-label', prompt);
    // JupyterLab's field takes the keyboard whenever it is attached, unless it cannot.
    let mayTakeFocus = takesFocus;
    MessageLoop.installMessageHook(stdin, (_, { type }) => {
      if (type === 'after-attach' && input !== null) {
        input.disabled = !mayTakeFocus;
        mayTakeFocus = false;
        queueMicrotask(() => (input.disabled = false));
      }
      return true;
    });
  }

  /** What was typed so far. */
  get draft(): string {
    return this.input?.value ?? '';
  }

  set draft(value: string) {
    if (this.input !== null) {
      this.input.value = value;
    }
  }

  get hasFocus(): boolean {
    return this.node.contains(document.activeElement);
  }

  /** Puts it below the cell's outputs; false if the cell is not on the page yet. */
  place(): boolean {
    const { layout } = this.cell;
    const outputs = layout instanceof PanelLayout ? layout.widgets.findIndex(isOutputWrapper) : -1;
    if (!(layout instanceof PanelLayout) || outputs < 0) {
      return false;
    }
    layout.insertWidget(outputs + 1, this);
    return true;
  }

  /** Goes away; with the keyboard not at once, lest the next key is a command of the notebook. */
  leave(whenGone: (hadFocus: boolean) => void): void {
    if (!this.hasFocus) {
      this.dispose();
      return;
    }
    this.addClass('jp-OutputArea-stdin-hiding');
    setTimeout(() => {
      const { hasFocus } = this;
      this.dispose();
      whenGone(hasFocus);
    }, LINGER);
  }

  private readonly input: HTMLInputElement | null;
}

function isOutputWrapper(widget: Widget): boolean {
  return widget.hasClass('jp-Cell-outputWrapper');
}
