/** The plugin that shows outputs which are kept outside the document, and gives notebooks with them. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ARTIFACT_MIME } from '../../schema/artifact.js';
import { ArtifactApi } from '../client/artifact-api.js';
import { CommandIDs, WITHOUT_ARGUMENTS } from '../command-ids.js';
import { ArtifactRenderer } from '../panels/artifacts/artifact-renderer.js';
import { ArtifactSource } from '../panels/artifacts/artifact-source.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

/** Before the renderers of HTML and images; after those of live widgets. */
const RANK = 5;

export const artifactsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:artifacts',
  description: 'Shows outputs that are kept outside the notebook document.',
  autoStart: true,
  requires: [IColophon, IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    app,
    colophon: IColophon,
    registry: IRenderMimeRegistry,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const source = new ArtifactSource(colophon);
    registry.addFactory(
      {
        safe: true,
        mimeTypes: [ARTIFACT_MIME],
        createRenderer: options => {
          const renderer = new ArtifactRenderer({
            api: () => source.of(options.resolver),
            renderer: options,
            registry: () => registry,
            trans
          });
          source.tell(renderer);
          return renderer;
        }
      },
      RANK
    );

    const { stores, status } = colophon;
    app.commands.addCommand(CommandIDs.downloadWhole, {
      label: trans.__('Download Notebook with Whole Outputs'),
      caption: trans.__('As .ipynb, with the outputs that are kept outside put back in'),
      describedBy: WITHOUT_ARGUMENTS,
      isEnabled: () => status.runs && stores.current !== undefined,
      execute: () => {
        const { current, currentPanel } = stores;
        if (current !== undefined && currentPanel !== undefined) {
          const link = document.createElement('a');
          link.href = new ArtifactApi(colophon.api, current.stream).wholeNotebook();
          link.download = currentPanel.title.label;
          link.click();
        }
      }
    });
  }
};
