/** The history panel in the right side bar. */
import { Notification } from '@jupyterlab/apputils';
import { VDomRenderer } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { ReactElement } from 'react';
import type { CellId } from '../../../schema/index.js';
import { colophonIcon } from '../../icons.js';
import { goToCell } from '../../store/go-to-cell.js';
import type { ShownEntry } from '../../words/entry.js';
import type { HistoryModel } from './history-model.js';
import { HistoryView } from './history-view.js';
import type { RecordOf } from './run-record.js';

export class HistoryPanel extends VDomRenderer<HistoryModel> {
  constructor(model: HistoryModel) {
    super(model);
    this.id = 'colophon-history';
    this.addClass('jp-ColophonHistory');
    this.title.icon = colophonIcon;
    this.title.caption = model.trans.__('History (Colophon)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', model.trans.__('History'));
    model.isHeldBack = true;
  }

  /** Show what happened to one cell only. */
  showCell(cellId: CellId): void {
    this.model.filter = { cellId };
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.isHeldBack = false;
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.model.isHeldBack = !this.isVisible;
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.model.isHeldBack = true;
  }

  protected override onActivateRequest(): void {
    const first = this.node.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]');
    (first ?? this.node.querySelector<HTMLElement>('select'))?.focus();
  }

  protected render(): ReactElement {
    return (
      <HistoryView
        model={this.model}
        onOpen={this.open}
        onNearEnd={this.loadOlder}
        onRecord={this.record}
      />
    );
  }

  private readonly open = (entry: ShownEntry): void => {
    const { panel, trans } = this.model;
    if (panel === undefined || entry.cellIds.length === 0) {
      return;
    }
    if (!entry.cellIds.some(cellId => goToCell(panel, cellId))) {
      Notification.info(trans.__('That cell is no longer in the notebook.'), { autoClose: 4_000 });
    }
  };

  private readonly record: RecordOf = executionId => this.model.record(executionId);

  private readonly loadOlder = (): void => {
    void this.model.store?.loadOlder();
  };
}
