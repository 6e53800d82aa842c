/**
 * JupyterLab's renderer of outputs that are kept outside the document. It is preferred to all others,
 * and itself decides between what is kept and what stands beside it.
 */
import type { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import type { Widget } from '@lumino/widgets';
import { Panel } from '@lumino/widgets';
import { ARTIFACT_MIME, ArtifactOutput } from '../../../schema/artifact.js';
import type { ArtifactApi } from '../../client/artifact-api.js';
import { oddNote } from './artifact-words.js';
import { enter, leave, type ViewHolder } from './kept-open.js';
import { PartViews } from './part-views.js';
import { type ShownStream, StreamView } from './stream-view.js';

export interface ArtifactRendererOptions {
  /** The notebook's artifacts; undefined while the notebook is not known. */
  readonly api: () => ArtifactApi | undefined;
  readonly renderer: IRenderMime.IRendererOptions;
  /** With all renderers. */
  readonly registry: () => IRenderMimeRegistry;
  readonly trans: TranslationBundle;
}

export class ArtifactRenderer extends Panel implements IRenderMime.IRenderer, ViewHolder {
  constructor(private readonly options: ArtifactRendererOptions) {
    super();
  }

  /** Never rejects: what is not of the form, a later one for instance, is shown as its text. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const output = ArtifactOutput.safeParse(model.data[ARTIFACT_MIME]);
    if (output.data?.kind === 'stream') {
      const { name, text } = output.data;
      const [note, tail] = cutNote(model.data['text/plain']);
      this.showStream({ name, link: text, tail, note: oddNote(name, text.bytes, note) });
      return;
    }
    const { [ARTIFACT_MIME]: _, ...rest } = model.data;
    this.clear();
    this.parts = new PartViews({
      ...this.options,
      model,
      rest,
      parts: output.data?.parts ?? []
    });
    this.addWidget(this.parts);
  }

  get shown(): ShownStream | undefined {
    return this.stream?.shown;
  }

  /** Take over the view of the renderer that this one replaces. */
  adopt(view: StreamView): void {
    const stream = this.shown;
    if (stream !== undefined) {
      this.clear();
      this.place(view);
      view.show(stream);
      view.restore();
    }
  }

  /** The notebook became known. */
  refresh(): void {
    this.stream?.refresh();
    this.parts?.refresh();
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    const { area, stream } = this;
    this.stream = undefined;
    super.dispose();
    stream?.node.remove();
    if (area !== undefined && stream !== undefined) {
      leave(area, this, stream);
    } else {
      stream?.dispose();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    const area = this.parent?.parent;
    if (area && this.area === undefined) {
      this.area = area;
      enter(area, this);
    }
    this.stream?.restore();
  }

  protected override onBeforeDetach(message: Message): void {
    this.stream?.leavePage();
    super.onBeforeDetach(message);
  }

  private showStream(stream: ShownStream): void {
    if (this.stream === undefined) {
      this.clear();
      const { api, renderer, trans } = this.options;
      this.place(new StreamView({ api, sanitizer: renderer.sanitizer, trans }));
    }
    this.stream?.show(stream);
  }

  private place(stream: StreamView): void {
    this.stream = stream;
    this.node.replaceChildren(stream.node);
  }

  private clear(): void {
    this.stream?.dispose();
    this.stream = undefined;
    this.parts?.dispose();
    this.parts = undefined;
  }

  private stream: StreamView | undefined;
  private parts: PartViews | undefined;
  /** Where it stands, or stood last. */
  private area: Widget | undefined;
}

/** The note in the first line, and the end of the text that follows it. */
function cutNote(plain: unknown): [note: string, tail: string] {
  const text = typeof plain === 'string' ? plain : '';
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}
