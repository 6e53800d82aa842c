/**
 * A display some of whose parts are kept outside the document. What JupyterLab would show of it is
 * shown if it stands in the document or is an image; every kept part has a line of its own.
 */
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Panel, Widget } from '@lumino/widgets';
import type { ArtifactLink } from '../../../schema/artifact.js';
import type { ArtifactApi } from '../../client/artifact-api.js';
import { lookOf, preferred } from './part-look.js';
import { PartView } from './part-view.js';
import { StreamView } from './stream-view.js';

export interface PartViewsOptions {
  readonly api: () => ArtifactApi | undefined;
  readonly renderer: IRenderMime.IRendererOptions;
  readonly registry: () => IRenderMimeRegistry;
  readonly trans: TranslationBundle;
  readonly model: IRenderMime.IMimeModel;
  /** What stands in the document beside the links. */
  readonly rest: ReadonlyPartialJSONObject;
  readonly parts: readonly ArtifactLink[];
}

export class PartViews extends Panel {
  constructor(private readonly options: PartViewsOptions) {
    super();
    const { rest, parts } = options;
    const mimeTypes = new Set([...Object.keys(rest), ...parts.map(part => part.mediaType)]);
    const order = options.registry().mimeTypes;
    const isKeptImage = (mimeType: string) => lookOf(mimeType) === 'image' && !(mimeType in rest);
    const best = preferred(
      order,
      mimeTypes,
      mimeType => isKeptImage(mimeType) || this.hasRenderer(mimeType)
    );
    const beside = preferred(order, new Set(Object.keys(rest)), mimeType =>
      this.hasRenderer(mimeType)
    );
    if (beside !== undefined) {
      this.beside = this.rendered(beside, rest);
      this.addWidget(this.beside);
    }
    for (const part of parts) {
      const view =
        lookOf(part.mediaType) === 'text' ? this.textView(part) : this.partView(part, best);
      this.views.push(view);
      this.addWidget(view instanceof Widget ? view : new Widget({ node: view.node }));
    }
  }

  /** The notebook became known. */
  refresh(): void {
    this.views.forEach(view => view.refresh());
  }

  override dispose(): void {
    this.views.forEach(view => view.dispose());
    super.dispose();
  }

  private textView(link: ArtifactLink): StreamView {
    const { api, renderer, trans } = this.options;
    const view = new StreamView({ api, sanitizer: renderer.sanitizer, trans });
    view.show({ name: 'output', link, tail: '', note: '' });
    return view;
  }

  private partView(link: ArtifactLink, best: string | undefined): PartView {
    const { api, trans, model } = this.options;
    const { mediaType } = link;
    return new PartView({
      ...{ api, trans, link },
      trusted: model.trusted,
      size: sizeOf(model.metadata[mediaType]),
      isPreferred: mediaType === best,
      render: this.hasRenderer(mediaType)
        ? value => this.rendered(mediaType, { [mediaType]: value } as ReadonlyPartialJSONObject)
        : undefined,
      // One of the two is enough.
      onShown: isShown => mediaType === best && this.beside?.setHidden(isShown)
    });
  }

  private rendered(mimeType: string, data: ReadonlyPartialJSONObject): Widget {
    const { model, registry, renderer } = this.options;
    const own = registry().clone(renderer.resolver === null ? {} : { resolver: renderer.resolver });
    const widget = own.createRenderer(mimeType);
    widget.addClass('jp-ColophonArtifact-rendered');
    const { metadata, trusted } = model;
    void widget.renderModel(own.createModel({ data, metadata, trusted }));
    return widget;
  }

  /** Has JupyterLab a renderer that may draw this here? */
  private hasRenderer(mimeType: string): boolean {
    const { registry, model } = this.options;
    const factory = registry().getFactory(mimeType);
    return factory !== undefined && (factory.safe || model.trusted);
  }

  private readonly views: (PartView | StreamView)[] = [];
  private beside: Widget | undefined;
}

/** Width and height of an image, as a kernel says them. */
function sizeOf(metadata: unknown): { readonly width?: number; readonly height?: number } {
  const { width, height } = (metadata ?? {}) as { width?: unknown; height?: unknown };
  return {
    ...(typeof width === 'number' && { width }),
    ...(typeof height === 'number' && { height })
  };
}
