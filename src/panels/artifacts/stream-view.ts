/**
 * What a stream printed beyond its beginning: one quiet line with the size and what can be done, then
 * the end as JupyterLab draws a stream, or on demand everything.
 */
import type { IRenderMime } from '@jupyterlab/rendermime';
import { renderText } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ArtifactLink, GrowingLink } from '../../../schema/artifact.js';
import type { ArtifactApi } from '../../client/artifact-api.js';
import { fileName, sizeWords, titleOf } from './artifact-words.js';
import { DownloadLink } from './download-link.js';
import { button, element } from './element.js';
import { TroubleNote } from './trouble-note.js';
import { idOf, WholeText } from './whole-text.js';

export interface StreamViewOptions {
  /** Undefined while the notebook is not known. */
  readonly api: () => ArtifactApi | undefined;
  readonly sanitizer: IRenderMime.ISanitizer;
  readonly trans: TranslationBundle;
}

export interface ShownStream {
  /** `stdout`, `stderr`; not what a kernel calls its streams: see schema/artifact.ts; `output` for another text. */
  readonly name: string;
  readonly link: ArtifactLink | GrowingLink;
  /** The end of the text, as it stands in the document. */
  readonly tail: string;
  /** What else is to be said of it; empty if nothing is. */
  readonly note: string;
}

export class StreamView implements IDisposable {
  constructor(private readonly options: StreamViewOptions) {
    const { trans } = options;
    this.all = button('', () => (this.whole === undefined ? this.open() : this.close()));
    this.find = button(trans.__('Search'), () => {
      this.open();
      this.whole?.focusSearch();
    });
    this.download = new DownloadLink(
      trans.__('Download'),
      trans.__('Download the whole output'),
      reason => this.trouble.show(reason, () => void this.download.save())
    );
    const deeds = element('span', { className: 'jp-ColophonArtifact-deeds' });
    deeds.append(this.all, this.find, this.download.node);
    const bar = element('div', { className: 'jp-ColophonArtifact-bar' }, this.size, deeds);
    this.trouble = new TroubleNote(trans, () => this.open());
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Output kept outside the notebook'));
    // Keys pressed in here are not commands of the notebook.
    this.node.dataset['lmSuppressShortcuts'] = 'true';
    this.node.append(bar, this.note, this.trouble.node, this.tail);
  }

  readonly node = element('div', { className: 'jp-ColophonArtifact' });

  get shown(): ShownStream | undefined {
    return this.stream;
  }

  show(stream: ShownStream): void {
    const { trans, sanitizer } = this.options;
    const before = this.stream;
    this.stream = stream;
    this.size.textContent = titleOf(stream.name, sizeWords(stream.link, trans), trans);
    this.note.textContent = stream.note;
    if (before?.tail !== stream.tail) {
      void renderText({ host: emptied(this.tail), sanitizer, source: stream.tail });
    }
    const isError = stream.name === 'stderr' || stream.name === 'traceback';
    this.tail.dataset['mimeType'] = `application/vnd.jupyter.${isError ? 'stderr' : 'stdout'}`;
    this.whole?.update(stream.link);
    this.refresh();
  }

  /** The notebook became known, or everything was shown or hidden. */
  refresh(): void {
    const { trans } = this.options;
    const isOpen = this.whole !== undefined;
    this.all.textContent = isOpen ? trans.__('Show less') : trans.__('Show all');
    this.all.setAttribute('aria-expanded', String(isOpen));
    this.tail.hidden = isOpen;
    const api = this.options.api();
    if (api !== undefined && this.stream !== undefined) {
      const { link, name } = this.stream;
      const { mediaType } = link;
      this.download.aimAt({ api, id: idOf(link), mediaType, name: fileName(mediaType, name) });
      this.trouble.show(undefined);
    }
  }

  /** It is taken from the page, and may be put there again. */
  leavePage(): void {
    const { activeElement } = document;
    const isInside = activeElement instanceof HTMLElement && this.node.contains(activeElement);
    this.focused = isInside ? activeElement : undefined;
  }

  /** It is on the page again: as it was. */
  restore(): void {
    this.whole?.restore();
    this.focused?.focus({ preventScroll: true });
    this.focused = undefined;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    this.whole?.dispose();
    this.node.remove();
  }

  private open(): void {
    const { trans, sanitizer } = this.options;
    const api = this.options.api();
    if (api === undefined) {
      this.trouble.show(
        new Error(trans.__('the notebook is not connected to Colophon yet. Retry in a moment.'))
      );
      return;
    }
    if (this.whole === undefined && this.stream !== undefined) {
      const { link } = this.stream;
      this.whole = new WholeText({
        ...{ api, link, sanitizer, trans },
        onLeave: () => this.all.focus()
      });
      this.node.append(this.whole.node);
      this.refresh();
      this.whole.restore();
      if ('upload' in link) {
        this.whole.showEnd();
      }
      this.whole.focusLines();
    }
  }

  private close(): void {
    this.whole?.dispose();
    this.whole = undefined;
    this.refresh();
    this.all.focus();
  }

  private disposed = false;
  private focused: HTMLElement | undefined;
  private stream: ShownStream | undefined;
  private whole: WholeText | undefined;
  private readonly size = element('span', { className: 'jp-ColophonArtifact-size' });
  private readonly note = element('div', { className: 'jp-ColophonArtifact-note' });
  private readonly all: HTMLButtonElement;
  private readonly find: HTMLButtonElement;
  private readonly download: DownloadLink;
  private readonly trouble: TroubleNote;
  private readonly tail = element('div', { className: 'jp-ColophonArtifact-tail jp-RenderedText' });
}

function emptied(node: HTMLElement): HTMLElement {
  node.replaceChildren();
  return node;
}
