/** The plugin that says at each code cell who ran it and who last changed it. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CellFooters } from '../panels/footers/cell-footers.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

export const cellFootersPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:cell-footers',
  description: 'Says at each code cell who ran it, when, how long, and who last changed it.',
  autoStart: true,
  requires: [IColophon],
  optional: [ITranslator],
  activate: (_app, colophon: IColophon, translator: ITranslator | null) => {
    const { settings, stores } = colophon;
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    let shown: CellFooters[] = [];
    const show = ({ panel, store }: (typeof stores.all)[number]) => {
      shown = shown.filter(footers => !footers.isDisposed);
      shown.push(new CellFooters(panel, store, trans));
    };
    const apply = () => {
      shown.splice(0).forEach(footers => footers.dispose());
      if (settings.current.showCellFooters) {
        stores.all.forEach(show);
      }
    };
    settings.changed.connect(apply);
    stores.opened.connect((_, opened) => {
      if (settings.current.showCellFooters) {
        show(opened);
      }
    });
    apply();
  }
};
