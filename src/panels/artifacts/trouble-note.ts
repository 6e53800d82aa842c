/** Says at the place of an output why it cannot be shown, and tries again when asked to. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { troubleWords } from './artifact-words.js';
import { button, element } from './element.js';

export class TroubleNote {
  constructor(
    private readonly trans: TranslationBundle,
    private readonly onRetry: () => void
  ) {
    this.retry = onRetry;
    this.node.append(
      this.words,
      button(trans.__('Retry'), () => this.retry())
    );
    this.node.setAttribute('role', 'alert');
    this.node.hidden = true;
  }

  readonly node = element('div', { className: 'jp-ColophonArtifact-trouble' });

  /** @param reason Undefined: there is none. @param retry What to try again, if not the usual. */
  show(reason: unknown, retry = this.onRetry): void {
    this.retry = retry;
    const words = reason === undefined ? '' : troubleWords(reason, this.trans);
    this.node.hidden = words === '';
    if (this.words.textContent !== words) {
      this.words.textContent = words;
    }
  }

  private readonly words = element('span');
  private retry: () => void;
}
