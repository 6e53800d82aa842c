/** The plugin that shows the Streams browser in the main area, and brings it back after a reload. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { StreamPath } from '../../schema/ids.js';
import { CommandIDs } from '../command-ids.js';
import { colophonIcon } from '../icons.js';
import { StreamsModel } from '../panels/streams/streams-model.js';
import { StreamsPanel } from '../panels/streams/streams-panel.js';
import { IColophon, TRANSLATION_DOMAIN } from '../tokens.js';

const ARGUMENTS = {
  type: 'object',
  properties: {
    stream: {
      type: 'string',
      description: 'Path of the stream to show; without it that of the current notebook.'
    }
  }
} as const;

export const streamsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-colophon:streams',
  description: 'Shows every stream live, and posts to it.',
  autoStart: true,
  requires: [IColophon],
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app,
    colophon: IColophon,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const tracker = new WidgetTracker<MainAreaWidget<StreamsPanel>>({
      namespace: 'colophon-streams'
    });

    const made = (): MainAreaWidget<StreamsPanel> => {
      const model = new StreamsModel(
        colophon,
        trans,
        path => void app.commands.execute('docmanager:open', { path })
      );
      const widget = new MainAreaWidget({ content: new StreamsPanel(model) });
      widget.id = 'colophon-streams';
      widget.title.label = trans.__('Streams');
      widget.title.caption = trans.__('Streams (Colophon)');
      widget.title.icon = colophonIcon;
      widget.title.closable = true;
      widget.toolbar.hide();
      model.chosenChanged.connect(() => void tracker.save(widget));
      return widget;
    };

    app.commands.addCommand(CommandIDs.openStreams, {
      label: trans.__('Show Streams'),
      caption: trans.__('Follow what happens in any stream, and post to it'),
      describedBy: { args: ARGUMENTS },
      icon: colophonIcon,
      execute: async args => {
        const open = tracker.find(() => true);
        const widget = open ?? made();
        const { model } = widget.content;
        const asked = StreamPath.safeParse(args['stream']);
        const stream = asked.data ?? model.chosen ?? colophon.stores.current?.stream;
        if (stream !== undefined) {
          model.choose(stream);
        }
        if (open === undefined) {
          app.shell.add(widget, 'main');
          await tracker.add(widget);
        }
        app.shell.activateById(widget.id);
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openStreams,
      args: ({ content }) => ({ stream: content.model.chosen ?? '' }),
      name: () => 'streams'
    });
  }
};
