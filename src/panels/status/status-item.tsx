/** Colophon's item in the status bar: one line, and a menu or an explanation behind it. */
import { VDomRenderer, VDomModel, MenuSvg } from '@jupyterlab/ui-components';
import { type Popup, showPopup, TextItem } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import type { Menu } from '@lumino/widgets';
import type { ReactElement } from 'react';
import type { Resources } from '../../client/resources.js';
import { CommandIDs } from '../../command-ids.js';
import { colophonIcon } from '../../icons.js';
import type { NotebookStore } from '../../store/notebook-store.js';
import type { IColophon } from '../../tokens.js';
import { ResourceWatch } from './resource-watch.js';
import { RESOURCE_USERS, type ResourceUser, resourceWords } from './resource-words.js';
import { type NotebookActivity, type StatusSummary, summarize } from './status-summary.js';

/** The lines in the menu that tell what is used; `of` says whose. */
const RESOURCE_USE = 'colophon:resource-use';

/** Follows the host and the current notebook. */
export class StatusModel extends VDomModel {
  constructor(
    private readonly colophon: IColophon,
    private readonly trans: TranslationBundle
  ) {
    super();
    colophon.status.changed.connect(this.onChanged, this);
    colophon.stores.currentChanged.connect(this.onCurrentChanged, this);
    this.onCurrentChanged();
  }

  get summary(): StatusSummary {
    const { status, stepBack } = this.colophon;
    return summarize(status.current, this.activity, stepBack, this.trans);
  }

  /** What the kernel of the current notebook, its agent and the host use now. */
  askForResources(): Promise<Resources> {
    const { api, stores } = this.colophon;
    const shown = stores.currentPanel?.sessionContext.session?.kernel?.id;
    return api.resources(shown ?? this.store?.views.agentKernel);
  }

  override dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.colophon.status.changed.disconnect(this.onChanged, this);
    this.colophon.stores.currentChanged.disconnect(this.onCurrentChanged, this);
    this.store?.changed.disconnect(this.onChanged, this);
    super.dispose();
  }

  private get activity(): NotebookActivity | undefined {
    const { store } = this;
    if (store === undefined) {
      return undefined;
    }
    return {
      connected: store.connection.kind === 'connected' || !store.isLoaded,
      agent: store.views.agentPhase,
      running: store.views.running === undefined ? 0 : 1,
      asks: (store.views.running?.question ?? null) !== null,
      waiting: store.views.waiting.length
    };
  }

  private onCurrentChanged(): void {
    this.store?.changed.disconnect(this.onChanged, this);
    this.store = this.colophon.stores.current;
    this.store?.changed.connect(this.onChanged, this);
    this.onChanged();
  }

  private onChanged(): void {
    const shown = JSON.stringify(this.summary);
    if (shown !== this.shown) {
      this.shown = shown;
      this.stateChanged.emit();
    }
  }

  private shown = '';
  private store: NotebookStore | undefined;
}

export class StatusItem extends VDomRenderer<StatusModel> {
  constructor(
    model: StatusModel,
    private readonly commands: CommandRegistry,
    private readonly trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-ColophonStatusItem');
    this.addClass('jp-mod-highlighted');
    this.watch = new ResourceWatch({
      ask: () => model.askForResources(),
      onSample: () => this.menu?.update()
    });
    this.resourceCommand = commands.addCommand(RESOURCE_USE, {
      label: ({ of }) =>
        resourceWords(of as ResourceUser, this.watch.samples, this.watch.failed, trans),
      describedBy: {
        args: {
          type: 'object',
          required: ['of'],
          properties: { of: { type: 'string', enum: [...RESOURCE_USERS] } }
        }
      },
      // A line to read: what it tells is all that it does.
      isEnabled: () => false,
      execute: () => undefined
    });
  }

  override dispose(): void {
    this.watch.dispose();
    this.resourceCommand.dispose();
    this.popup?.dispose();
    this.menu?.dispose();
    super.dispose();
  }

  protected render(): ReactElement {
    const { tone, label, title } = this.model.summary;
    return (
      <button
        type="button"
        className="jp-ColophonStatusItem-button"
        data-tone={tone}
        title={title}
        aria-haspopup="true"
        onClick={() => this.open()}
      >
        <colophonIcon.react
          tag="span"
          className="jp-ColophonStatusItem-icon"
          stylesheet="statusBar"
        />
        <TextItem source={label} />
      </button>
    );
  }

  private open(): void {
    const { tone, label, title } = this.model.summary;
    if (tone === 'problem') {
      this.popup?.dispose();
      this.popup = showPopup({
        body: ReactWidget.create(
          <div className="jp-ColophonStatus-popup" role="alert">
            <strong>{label}</strong>
            {title.split('\n').map(line => (
              <p key={line}>{line}</p>
            ))}
          </div>
        ),
        anchor: this,
        align: 'right'
      });
      return;
    }
    this.menu ??= this.createMenu();
    this.watch.start();
    const box = this.node.getBoundingClientRect();
    this.menu.open(box.left, box.top);
  }

  private createMenu(): Menu {
    const menu = new MenuSvg({ commands: this.commands });
    menu.title.label = this.trans.__('Colophon');
    menu.aboutToClose.connect(() => this.watch.stop());
    const groups = [
      [CommandIDs.openHistory],
      [CommandIDs.interrupt, CommandIDs.cancelWaiting],
      [CommandIDs.startAgent, CommandIDs.stopAgent, CommandIDs.restartAgent],
      [CommandIDs.startHost, CommandIDs.showStatus]
    ];
    groups.forEach((group, index) => {
      if (index > 0) {
        menu.addItem({ type: 'separator' });
      }
      group.forEach(command => menu.addItem({ command }));
    });
    menu.addItem({ type: 'separator' });
    for (const of of RESOURCE_USERS) {
      menu.addItem({ command: RESOURCE_USE, args: { of } });
    }
    return menu;
  }

  private readonly watch: ResourceWatch;
  private readonly resourceCommand: IDisposable;

  private menu: Menu | undefined;
  private popup: Popup | undefined;
}
