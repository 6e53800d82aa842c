/**
 * One part of a display that is kept outside the document: what it is, how large, its download, and
 * on demand the thing itself. Images are drawn by themselves when they come into view.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Panel, Widget } from '@lumino/widgets';
import type { ArtifactLink } from '../../../schema/artifact.js';
import type { ArtifactApi } from '../../client/artifact-api.js';
import { fileName, sizeWords } from './artifact-words.js';
import { DownloadLink } from './download-link.js';
import { button, element } from './element.js';
import { htmlFrame } from './html-frame.js';
import { lookOf, MOST_FETCHED, valueOf } from './part-look.js';
import { TroubleNote } from './trouble-note.js';

export interface PartViewOptions {
  readonly link: ArtifactLink;
  /** Undefined while the notebook is not known. */
  readonly api: () => ArtifactApi | undefined;
  readonly trusted: boolean;
  /** Of an image, as the output's metadata says. */
  readonly size: { readonly width?: number; readonly height?: number };
  /** Whether it is what JupyterLab would show of the display. */
  readonly isPreferred: boolean;
  /** Draws a value by JupyterLab's renderer; undefined if it has none that may. */
  readonly render: ((value: unknown) => Widget) | undefined;
  readonly trans: TranslationBundle;
  /** Whether the thing itself is shown now. */
  readonly onShown: (isShown: boolean) => void;
}

export class PartView extends Panel {
  constructor(private readonly options: PartViewOptions) {
    super();
    this.addClass('jp-ColophonArtifact');
    const { link, trans } = options;
    const what = trans.__('%1, %2', link.mediaType, sizeWords(link, trans));
    this.download = new DownloadLink(
      trans.__('Download'),
      trans.__('Download %1', link.mediaType),
      reason => this.trouble.show(reason, () => void this.download.save())
    );
    const deeds = element('span', { className: 'jp-ColophonArtifact-deeds' });
    this.toggle = button('', () => (this.isShown ? this.conceal() : void this.reveal()));
    if (this.canShow) {
      deeds.append(this.toggle);
    } else if (lookOf(link.mediaType) !== 'image' && link.bytes > MOST_FETCHED) {
      deeds.append(element('span', {}, trans.__('too large to show')));
    }
    deeds.append(this.download.node);
    const size = element('span', { className: 'jp-ColophonArtifact-size' }, what);
    this.trouble = new TroubleNote(trans, () => void this.reveal());
    this.node.setAttribute('role', 'group');
    this.node.setAttribute('aria-label', trans.__('Output kept outside the notebook'));
    this.node.dataset['lmSuppressShortcuts'] = 'true';
    const bar = element('div', { className: 'jp-ColophonArtifact-bar' }, size, deeds);
    this.addWidget(new Widget({ node: element('div', {}, bar, this.trouble.node) }));
    this.refresh();
    if (lookOf(link.mediaType) === 'image' && options.isPreferred && options.api() !== undefined) {
      void this.reveal();
    }
  }

  /** The notebook became known. */
  refresh(): void {
    const { link, trans, isPreferred } = this.options;
    const api = this.options.api();
    this.toggle.textContent = this.isShown ? trans.__('Hide') : trans.__('Show');
    this.toggle.setAttribute('aria-expanded', String(this.isShown));
    if (api === undefined) {
      return;
    }
    const isFirst = !this.download.isAimed;
    const { hash: id, mediaType } = link;
    this.download.aimAt({ api, id, mediaType, name: fileName(mediaType) });
    if (isFirst && isPreferred && lookOf(link.mediaType) === 'image') {
      void this.reveal();
    }
  }

  private get canShow(): boolean {
    const { link, render } = this.options;
    const look = lookOf(link.mediaType);
    return (
      look === 'image' || (link.bytes <= MOST_FETCHED && (look === 'html' || render !== undefined))
    );
  }

  private get isShown(): boolean {
    return this.body !== undefined;
  }

  private async reveal(): Promise<void> {
    const { trans } = this.options;
    const api = this.options.api();
    this.trouble.show(undefined);
    this.node.setAttribute('aria-busy', 'true');
    try {
      if (api === undefined) {
        throw new Error(
          trans.__('the notebook is not connected to Colophon yet. Retry in a moment.')
        );
      }
      const shown = await this.made(api);
      if (this.isDisposed) {
        shown.dispose();
        return;
      }
      this.body?.dispose();
      this.body = shown;
      this.addWidget(shown);
      this.options.onShown(true);
    } catch (reason) {
      this.trouble.show(reason);
    }
    this.node.removeAttribute('aria-busy');
    this.refresh();
  }

  private conceal(): void {
    this.body?.dispose();
    this.body = undefined;
    this.trouble.show(undefined);
    this.options.onShown(false);
    this.refresh();
  }

  private async made(api: ArtifactApi): Promise<Widget> {
    const { link, trusted, render, trans } = this.options;
    const { hash, mediaType } = link;
    switch (lookOf(mediaType)) {
      case 'image':
        return this.image(api);
      case 'html': {
        const html = await api.text(hash, mediaType);
        return new Widget({ node: htmlFrame(html, trusted, trans.__('HTML output')) });
      }
      case 'text':
      case 'file':
      case 'rendered': {
        const text = await api.text(hash, mediaType);
        return render?.(valueOf(mediaType, text)) ?? new Widget({ node: element('pre', {}, text) });
      }
    }
  }

  private image(api: ArtifactApi): Widget {
    const { link, size, trans } = this.options;
    const image = element('img', { loading: 'lazy', alt: trans.__('Image') });
    if (size.width !== undefined) {
      image.width = size.width;
    }
    if (size.height !== undefined) {
      image.height = size.height;
    }
    // Without it a broken connection and a removed image look the same.
    image.addEventListener('error', () => void this.explain(api));
    image.src = api.address(link.hash, link.mediaType);
    return new Widget({ node: element('div', { className: 'jp-RenderedImage' }, image) });
  }

  private async explain(api: ArtifactApi): Promise<void> {
    const { trans } = this.options;
    const reason = await api.check(this.options.link.hash).then(
      () => new Error(trans.__('the browser cannot draw this image.')),
      (why: unknown) => why
    );
    if (!this.isDisposed) {
      this.conceal();
      this.trouble.show(reason);
    }
  }

  private body: Widget | undefined;
  private readonly toggle: HTMLButtonElement;
  private readonly download: DownloadLink;
  private readonly trouble: TroubleNote;
}
