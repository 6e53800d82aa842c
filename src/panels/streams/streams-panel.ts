/**
 * The Streams browser: the tree of streams beside the events of the chosen one, and below them the
 * composer and the state. Follows live only while it is to be seen.
 */
import { InputDialog, Notification, ReactWidget } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { Panel, SplitPanel } from '@lumino/widgets';
import { createElement, type ReactElement } from 'react';
import { StreamPath } from '../../../schema/ids.js';
import { DeskModel } from './desk-model.js';
import { DeskView } from './desk-view.js';
import { HeaderView } from './header-view.js';
import { LogView } from './log-view.js';
import type { StreamsModel } from './streams-model.js';
import { TreeView } from './tree-view.js';

export class StreamsPanel extends SplitPanel {
  constructor(readonly model: StreamsModel) {
    super({ orientation: 'horizontal', spacing: 1 });
    const { trans } = model;
    const desk = new DeskModel(model);
    this.desk = desk;
    this.addClass('jp-ColophonStreams');
    this.node.setAttribute('aria-label', trans.__('Streams'));

    const tree = new Pane('jp-ColophonStreams-side', [model.treeChanged], () =>
      createElement(TreeView, { model, onNew: () => void this.beginStream() })
    );
    const head = new Pane('jp-ColophonStreams-head', [model.logChanged, desk.changed], () =>
      createElement(HeaderView, { desk })
    );
    const log = new Pane('jp-ColophonStreams-log', [model.logChanged], () =>
      createElement(LogView, { model })
    );
    const below = new Pane('jp-ColophonStreams-below', [desk.changed], () =>
      createElement(DeskView, { desk })
    );
    const events = new Panel();
    events.addClass('jp-ColophonStreams-stage');
    events.addWidget(head);
    events.addWidget(log);
    const stage = new SplitPanel({ orientation: 'vertical', spacing: 1 });
    stage.addWidget(events);
    stage.addWidget(below);
    stage.setRelativeSizes([62, 38]);
    this.addWidget(tree);
    this.addWidget(stage);
    this.setRelativeSizes([22, 78]);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.desk.dispose();
      this.model.dispose();
      super.dispose();
    }
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.model.isLookedAt = this.isVisible;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.isLookedAt = true;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.model.isLookedAt = false;
  }

  protected override onActivateRequest(): void {
    const row = this.node.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]');
    (row ?? this.node.querySelector<HTMLElement>('input'))?.focus();
  }

  /** Ask for a path and choose it; the first event makes the stream. */
  private async beginStream(): Promise<void> {
    const { trans } = this.model;
    const { value, button } = await InputDialog.getText({
      title: trans.__('New stream'),
      label: trans.__('Its path, e.g. /team/chat. It begins with the first event that is posted.'),
      placeholder: trans.__('/team/chat'),
      okLabel: trans.__('Open')
    });
    const text = value?.trim() ?? '';
    if (!button.accept || text === '') {
      return;
    }
    const path = StreamPath.safeParse(text.startsWith('/') ? text : `/${text}`);
    if (!path.success) {
      Notification.error(
        trans.__(
          '%1 cannot be the path of a stream: between the slashes stand letters, digits and . _ ~ - only.',
          text
        ),
        { autoClose: 10_000 }
      );
      return;
    }
    this.desk.tab = 'compose';
    this.model.choose(path.data);
    this.node.querySelector<HTMLElement>('[data-field="type"] input')?.focus();
  }

  private readonly desk: DeskModel;
}

/** A part of the browser that is drawn anew when one of its signals says so. */
class Pane extends ReactWidget {
  constructor(
    name: string,
    signals: readonly ISignal<unknown, unknown>[],
    private readonly face: () => ReactElement
  ) {
    super();
    this.addClass(name);
    signals.forEach(signal => signal.connect(this.onChanged, this));
  }

  protected render(): ReactElement {
    return this.face();
  }

  private onChanged(): void {
    this.update();
  }
}
