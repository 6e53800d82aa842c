/** Says at the place of an output why it cannot be shown, and tries again when asked to. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { troubleWords } from './artifact-words.js';
import { button, element } from './element.js';

export class TroubleNote {
  constructor(
    private readonly trans: TranslationBundle,
    onRetry: () => void
  ) {
    this.retry = button(trans.__('Retry'), onRetry);
    this.node.append(this.words, this.retry);
    this.node.setAttribute('role', 'alert');
    this.node.hidden = true;
  }

  readonly node = element('div', { className: 'jp-ColophonArtifact-trouble' });

  /** Undefined: there is none. */
  show(reason: unknown): void {
    const words = reason === undefined ? '' : troubleWords(reason, this.trans);
    this.node.hidden = words === '';
    if (this.words.textContent !== words) {
      this.words.textContent = words;
    }
  }

  private readonly words = element('span');
  private readonly retry: HTMLButtonElement;
}
