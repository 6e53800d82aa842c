/**
 * What the browser knows of one notebook's stream: the newest events, those that come, and older ones
 * on demand, folded by the same code as in the host. It survives lost connections and restarts of the
 * host; each event counts once.
 */
import type { IDisposable } from '@lumino/disposable';
import { UUID } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type {
  CellId,
  Command,
  CommandId,
  Event,
  ExecutionId,
  Order,
  OrderOf,
  StreamPath
} from '../../schema/index.js';
import type { Api } from '../client/api.js';
import { LiveStream } from '../client/live-stream.js';
import type { TailPace, TailState } from '../client/tail.js';
import { type Hold, Holds } from './holds.js';
import { Outcomes } from './outcomes.js';
import { Refusals } from './refusals.js';
import { Views } from './views.js';

export interface StoreOptions {
  readonly api: Api;
  readonly stream: StreamPath;
  /** Events to load at once. */
  readonly pageSize: () => number;
}

/** What changed: `cells` are those whose run, change or place in the queue is another now. */
export interface StoreChange {
  readonly cells: ReadonlySet<CellId>;
}

export class NotebookStore implements IDisposable {
  constructor(private readonly options: StoreOptions) {
    this.stream = options.stream;
    this.live = new LiveStream({
      ...options,
      beforeLoad: () => this.loadViews(),
      onLoaded: events => {
        this.take(events);
        this.emit(this.folded.knownCells);
      },
      onEvents: events => this.take(events),
      onState: () => this.emit([]),
      onReset: () => {
        this.outcomes.abandon();
        this.folded = Views.empty();
        this.emit([]);
      }
    });
  }

  readonly stream: StreamPath;
  /** How runs ended. */
  readonly outcomes = new Outcomes();

  get changed(): ISignal<this, StoreChange> {
    return this.hasChanged;
  }

  get connection(): TailState {
    return this.live.state;
  }

  /** When the browser was last connected, in ms since the epoch; undefined if never. */
  get asOf(): number | undefined {
    return this.live.asOf;
  }

  /** Has the first page been loaded? */
  get isLoaded(): boolean {
    return this.live.isLoaded;
  }

  /** The events held, ascending. */
  get events(): readonly Event[] {
    return this.live.events;
  }

  get hasOlder(): boolean {
    return this.live.hasOlder;
  }

  get views(): Views {
    return this.folded;
  }

  /** Cells that wait or run, or that this browser has just asked to run. */
  get activeCells(): ReadonlySet<CellId> {
    return new Set([...this.folded.activeCells, ...this.holds.cellIds]);
  }

  /** Why the last attempt of this browser to run the cell was refused; undefined if it was not. */
  refusal(cellId: CellId): string | undefined {
    return this.refusals.of(cellId);
  }

  /** Remember why a cell was not run, until it is asked for again. */
  noteRefusal(cellIds: readonly CellId[], detail: string): void {
    this.refusals.note(cellIds, detail);
    this.emit(cellIds);
  }

  /** Cells are run in another way now: what was refused before says nothing any more. */
  forgetRefusals(): void {
    const cellIds = this.refusals.clear();
    if (cellIds.length > 0) {
      this.emit(cellIds);
    }
  }

  /** Show these cells as active until the hold is released. */
  hold(cellIds: readonly CellId[]): Hold {
    this.refusals.forget(cellIds);
    const hold = this.holds.hold(cellIds);
    this.emit(cellIds);
    return hold;
  }

  /** Give an order; returns the events that it led to, once durable. Throws as Api.submit. */
  async order(order: Order): Promise<readonly Event[]> {
    const id = UUID.uuid4() as CommandId;
    const command: Command = { id, stream: this.stream, ...order };
    return this.options.api.submit(command);
  }

  /** Ask for runs; returns their ids in the order of the cells. Throws as Api.submit. */
  async requestRuns(
    cells: OrderOf<'execution.request'>['data']['cells']
  ): Promise<readonly (ExecutionId | undefined)[]> {
    const events = await this.order({ type: 'execution.request', data: { cells } });
    this.outcomes.take(events);
    const requested = new Map<CellId, ExecutionId>();
    for (const event of events) {
      if (event.type === 'execution.requested') {
        requested.set(event.data.cellId, event.data.executionId);
      }
    }
    return cells.map(({ cellId }) => requested.get(cellId));
  }

  /** Load the page before the oldest event held. Settles when done, also if it failed. */
  loadOlder(): Promise<void> {
    return this.live.loadOlder();
  }

  get isLoadingOlder(): boolean {
    return this.live.isLoadingOlder;
  }

  /** How closely the stream is followed. */
  set pace(pace: TailPace) {
    this.live.pace = pace;
  }

  /** Try to connect now. */
  wake(): void {
    this.live.wake();
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.disposed = true;
    this.live.dispose();
    this.outcomes.close();
    Signal.clearData(this);
  }

  private async loadViews(): Promise<void> {
    this.folded = await Views.load(this.options.api, this.stream);
  }

  private take(events: readonly Event[]): void {
    this.outcomes.take(events);
    this.refusals.take(events);
    this.emit(this.folded.take(events));
  }

  private emit(cellIds: Iterable<CellId>): void {
    if (!this.disposed) {
      this.hasChanged.emit({ cells: new Set(cellIds) });
    }
  }

  private disposed = false;
  private folded = Views.empty();
  private readonly live: LiveStream;
  private readonly holds = new Holds(() => this.emit([]));
  private readonly refusals = new Refusals();
  private readonly hasChanged = new Signal<this, StoreChange>(this);
}
