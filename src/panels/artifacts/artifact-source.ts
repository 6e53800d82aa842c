/**
 * Whose outputs a renderer draws: JupyterLab tells it only how links of the document are resolved,
 * which is one object for each open notebook. Renderers of a notebook that is not connected yet are
 * told when it is.
 */
import type { IRenderMime } from '@jupyterlab/rendermime';
import { ArtifactApi } from '../../client/artifact-api.js';
import type { IColophon } from '../../tokens.js';
import type { ArtifactRenderer } from './artifact-renderer.js';

export class ArtifactSource {
  constructor(private readonly colophon: IColophon) {
    colophon.stores.opened.connect(() => this.renderers.forEach(renderer => renderer.refresh()));
  }

  /** Undefined: not of a notebook that Colophon follows, or not yet. */
  of(resolver: IRenderMime.IResolver | null): ArtifactApi | undefined {
    const { api, stores } = this.colophon;
    const open = stores.all.find(({ panel }) => panel.context.urlResolver === resolver);
    return open && new ArtifactApi(api, open.store.stream);
  }

  /** Tell this renderer, until it is disposed. */
  tell(renderer: ArtifactRenderer): void {
    this.renderers.add(renderer);
    renderer.disposed.connect(() => this.renderers.delete(renderer));
  }

  private readonly renderers = new Set<ArtifactRenderer>();
}
