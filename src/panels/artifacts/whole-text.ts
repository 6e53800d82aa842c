/** A whole text that is kept outside the document: all its lines to scroll, and a search in them. */
import type { IRenderMime } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ArtifactLink, GrowingLink } from '../../../schema/artifact.js';
import type { ArtifactApi } from '../../client/artifact-api.js';
import { element } from './element.js';
import { LineList } from './line-list.js';
import { LinePages } from './line-pages.js';
import { LineSearch } from './line-search.js';
import { SearchBar } from './search-bar.js';
import { TroubleNote } from './trouble-note.js';

export interface WholeTextOptions {
  readonly api: ArtifactApi;
  readonly link: ArtifactLink | GrowingLink;
  readonly sanitizer: IRenderMime.ISanitizer;
  readonly trans: TranslationBundle;
  /** The keyboard is to leave. */
  readonly onLeave: () => void;
}

/** The address of the bytes. */
export function idOf(link: ArtifactLink | GrowingLink): string {
  return 'upload' in link ? link.upload : link.hash;
}

export class WholeText implements IDisposable {
  constructor({ api, link, sanitizer, trans, onLeave }: WholeTextOptions) {
    this.link = link;
    this.pages = new LinePages({
      read: (from, count, signal) => api.lines(idOf(this.link), from, count, signal),
      onChanged: () => this.refresh()
    });
    this.search = new LineSearch({
      search: (needle, from, limit, signal) =>
        api.search(idOf(this.link), needle, from, limit, signal),
      total: () => this.pages.total,
      onChanged: () => this.onSearch(),
      onChosen: () => this.showCurrent()
    });
    this.bar = new SearchBar(this.search, trans, () => this.list.node.focus());
    this.trouble = new TroubleNote(trans, () => {
      this.search.retry();
      this.pages.retry();
    });
    const label = trans.__('All lines of the output');
    this.list = new LineList({ pages: this.pages, sanitizer, label });
    this.list.node.addEventListener('keydown', event => {
      if (event.key === 'Escape') {
        event.preventDefault();
        onLeave();
      } else if (event.key === '/' || (event.key === 'f' && (event.ctrlKey || event.metaKey))) {
        event.preventDefault();
        this.bar.focus();
      }
    });
    this.node.append(this.bar.node, this.trouble.node, this.list.node);
    this.pages.grow(link.lines ?? 1);
  }

  readonly node = element('div', { className: 'jp-ColophonArtifact-whole' });

  /** There is more now, or it is complete now. */
  update(link: ArtifactLink | GrowingLink): void {
    const before = this.link;
    this.link = link;
    const changed = idOf(link) !== idOf(before) || link.bytes !== before.bytes;
    if (!changed) {
      return;
    }
    if (this.pages.trouble !== undefined) {
      this.pages.retry();
    }
    if ('upload' in link) {
      this.pages.grow(link.lines ?? 1);
    } else {
      this.pages.complete(Math.max(link.lines ?? 1, 1));
    }
    this.search.grown();
    this.list.refresh();
  }

  focusSearch(): void {
    this.bar.focus();
  }

  focusLines(): void {
    this.list.node.focus();
  }

  showEnd(): void {
    this.list.showEnd();
  }

  /** After it was taken from the page and put there again. */
  restore(): void {
    this.list.restore();
  }

  get isDisposed(): boolean {
    return this.list.isDisposed;
  }

  dispose(): void {
    this.pages.dispose();
    this.search.dispose();
    this.list.dispose();
    this.node.remove();
  }

  private refresh(): void {
    this.list.refresh();
    this.node.setAttribute('aria-busy', String(this.pages.isReading));
    this.showTrouble();
  }

  private onSearch(): void {
    this.bar.refresh();
    this.showTrouble();
    const { needle, matches, current } = this.search;
    const match = matches[current];
    if (needle === undefined) {
      this.list.mark(undefined);
    } else if (match === undefined) {
      this.list.mark({ needle, current: undefined });
    } else {
      const nth = matches.filter(({ line, at }) => line === match.line && at < match.at).length;
      this.list.mark({ needle, current: { line: match.line, nth } });
    }
  }

  private showCurrent(): void {
    const match = this.search.matches[this.search.current];
    if (match !== undefined) {
      this.list.showLine(match.line);
      this.list.showMatch();
    }
  }

  private showTrouble(): void {
    this.trouble.show(this.pages.trouble ?? this.search.trouble);
  }

  private link: ArtifactLink | GrowingLink;
  private readonly pages: LinePages;
  private readonly search: LineSearch;
  private readonly bar: SearchBar;
  private readonly list: LineList;
  private readonly trouble: TroubleNote;
}
