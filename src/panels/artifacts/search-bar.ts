/** The field that searches a long output, with the count, and the way to the next and the previous. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { countWords } from './artifact-words.js';
import { button, element } from './element.js';
import type { LineSearch } from './line-search.js';

/** How long somebody pauses who has typed, in ms. */
const PAUSE = 200;

export class SearchBar {
  constructor(
    private readonly search: LineSearch,
    private readonly trans: TranslationBundle,
    /** The keyboard is to leave the field. */
    private readonly onLeave: () => void
  ) {
    const label = trans.__('Search in the whole output');
    this.field.placeholder = trans.__('Search');
    this.field.setAttribute('aria-label', label);
    this.field.addEventListener('input', () => this.startSoon());
    this.field.addEventListener('keydown', event => this.onKey(event));
    this.matchCase = button(trans.__('Aa'), () => {
      const matchCase = this.matchCase.getAttribute('aria-pressed') !== 'true';
      this.matchCase.setAttribute('aria-pressed', String(matchCase));
      this.start();
    });
    this.matchCase.title = trans.__('Match case');
    this.matchCase.setAttribute('aria-label', trans.__('Match case'));
    this.matchCase.setAttribute('aria-pressed', 'false');
    this.previous = button('↑', () => void search.step(-1));
    this.next = button('↓', () => void search.step(1));
    for (const [node, name] of [
      [this.previous, trans.__('Previous match')],
      [this.next, trans.__('Next match')]
    ] as const) {
      node.title = name;
      node.setAttribute('aria-label', name);
    }
    this.count.setAttribute('role', 'status');
    this.node.setAttribute('role', 'search');
    this.node.append(this.field, this.matchCase, this.previous, this.next, this.count);
    this.refresh();
  }

  readonly node = element('div', { className: 'jp-ColophonArtifact-search' });

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  refresh(): void {
    this.count.textContent = countWords(this.search, this.trans);
    const none = this.search.matches.length === 0;
    this.previous.disabled = none;
    this.next.disabled = none;
  }

  private startSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), PAUSE);
  }

  private start(): void {
    clearTimeout(this.timer);
    const matchCase = this.matchCase.getAttribute('aria-pressed') === 'true';
    this.search.start({ text: this.field.value, matchCase });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.field.value = '';
      this.start();
      this.onLeave();
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      if (this.search.needle?.text === this.field.value) {
        void this.search.step(event.shiftKey ? -1 : 1);
      } else {
        this.start();
      }
    }
  }

  private readonly field = element('input', {
    type: 'search',
    className: 'jp-ColophonField'
  });
  private readonly count = element('span', { className: 'jp-ColophonArtifact-count' });
  private readonly matchCase: HTMLButtonElement;
  private readonly previous: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private timer: ReturnType<typeof setTimeout> | undefined;
}
