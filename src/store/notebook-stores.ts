/**
 * One store per open notebook document, shared by all widgets and by every view of the document, and
 * disposed with it. Only so many are followed live as the browser has connections to spare: those
 * looked at last.
 */
import type { NotebookPanel, INotebookModel, INotebookTracker } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { type FileId, notebookStream, type StreamPath } from '../../schema/index.js';
import type { Api } from '../client/api.js';
import type { HostStatus } from './host-status.js';
import { NotebookStore } from './notebook-store.js';

/** Of the six connections that a browser opens to a server, three stay free for JupyterLab. */
const LIVE_AT_MOST = 3;

export class NotebookStores implements IDisposable {
  constructor(
    private readonly api: Api,
    private readonly status: HostStatus,
    private readonly pageSize: () => number
  ) {
    status.changed.connect(this.onStatusChanged, this);
  }

  /** A panel got its store. */
  get opened(): ISignal<this, { panel: NotebookPanel; store: NotebookStore }> {
    return this.hasOpened;
  }

  /** The notebook that was looked at last changed. */
  get currentChanged(): ISignal<this, void> {
    return this.hasCurrentChanged;
  }

  /** The notebook that was looked at last; undefined if none is open. */
  get currentPanel(): NotebookPanel | undefined {
    return this.panel?.isDisposed === false ? this.panel : undefined;
  }

  /** The store of the notebook that was looked at last. */
  get current(): NotebookStore | undefined {
    return this.currentPanel && this.of(this.currentPanel.model);
  }

  /** The store of a notebook; undefined if it is not collaborative, or not open. */
  of(model: INotebookModel | null): NotebookStore | undefined {
    return model === null ? undefined : this.byModel.get(model);
  }

  /** Every panel with its store. */
  get all(): readonly { panel: NotebookPanel; store: NotebookStore }[] {
    return [...this.panels].flatMap(panel => {
      const store = this.of(panel.model);
      return store === undefined ? [] : [{ panel, store }];
    });
  }

  /** Give every notebook that is open, or will be, its store. */
  follow(tracker: INotebookTracker): void {
    tracker.forEach(panel => void this.add(panel));
    tracker.widgetAdded.connect((_, panel) => void this.add(panel));
    tracker.currentChanged.connect((_, panel) => this.look(panel ?? undefined));
    this.look(tracker.currentWidget ?? undefined);
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.status.changed.disconnect(this.onStatusChanged, this);
    this.recent.splice(0).forEach(store => store.dispose());
    Signal.clearData(this);
  }

  private async add(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    const { model } = panel;
    if (this.disposed || panel.isDisposed || model === null) {
      return;
    }
    const stream = streamOf(model);
    if (stream === undefined) {
      this.addLater(panel, model);
      return;
    }
    this.panels.add(panel);
    panel.disposed.connect(() => this.panels.delete(panel));
    let store = this.byModel.get(model);
    if (store === undefined) {
      store = new NotebookStore({ api: this.api, stream, pageSize: this.pageSize });
      this.byModel.set(model, store);
      this.recent.push(store);
      const opened = store;
      this.askWhenLost(opened);
      panel.context.disposed.connect(() => this.remove(opened));
    }
    this.hasOpened.emit({ panel, store });
    if (this.panel === panel) {
      this.look(panel);
    }
  }

  /** An attempt to connect failed: the host may be away. Then the status is to say so at once. */
  private askWhenLost(store: NotebookStore): void {
    store.changed.connect(() => {
      if (store.connection.kind === 'lost' && this.status.runs) {
        void this.status.refresh();
      }
    });
  }

  /** The room's name may come after the content, with the first synchronization. */
  private addLater(panel: NotebookPanel, model: INotebookModel): void {
    const { sharedModel } = model;
    const look = () => {
      if (streamOf(model) !== undefined) {
        sharedModel.changed.disconnect(look);
        void this.add(panel);
      }
    };
    sharedModel.changed.connect(look);
    panel.disposed.connect(() => sharedModel.changed.disconnect(look));
  }

  private remove(store: NotebookStore): void {
    this.recent = this.recent.filter(other => other !== store);
    store.dispose();
    this.spread();
    this.hasCurrentChanged.emit();
  }

  private look(panel: NotebookPanel | undefined): void {
    this.panel = panel;
    const store = this.current;
    if (store !== undefined) {
      this.recent = [store, ...this.recent.filter(other => other !== store)];
    }
    this.spread();
    this.hasCurrentChanged.emit();
  }

  private spread(): void {
    this.recent.forEach((store, index) => {
      store.pace = index < LIVE_AT_MOST ? 'live' : 'polled';
    });
  }

  private onStatusChanged(): void {
    if (this.status.runs) {
      this.recent.forEach(store => store.wake());
    }
  }

  private disposed = false;
  private panel: NotebookPanel | undefined;
  private recent: NotebookStore[] = [];
  private readonly panels = new Set<NotebookPanel>();
  private readonly byModel = new WeakMap<INotebookModel, NotebookStore>();
  private readonly hasOpened = new Signal<this, { panel: NotebookPanel; store: NotebookStore }>(
    this
  );
  private readonly hasCurrentChanged = new Signal<this, void>(this);
}

/** The stream of a collaborative notebook; undefined for one that is not in a room. */
function streamOf(model: INotebookModel): StreamPath | undefined {
  const documentId = model.sharedModel.getState('document_id');
  const match = typeof documentId === 'string' ? /^json:notebook:(.+)$/.exec(documentId) : null;
  return match?.[1] === undefined ? undefined : notebookStream(match[1] as FileId);
}
