/**
 * What a runtime reads and writes in the document of one room, whatever connection keeps that document
 * equal with the server's.
 */
import * as Y from 'yjs';
import type { CellId, DocumentClock, JsonObject } from '../../schema/index.js';
import type { CellRun, EnteredRoom, IopubMessage, RunMark, TapPosition } from '../ports/runtime.js';
import { CellRuns } from './cell-runs.js';
import { RunMetadata } from './run-metadata.js';
import type { Outside } from './run-outputs.js';
import { SharedWidgets } from './saved-widgets.js';
import { askedLimits, namedKernel, quietenCells, readMark } from './shared-notebook.js';
import { keepStraysOut } from './stray-outputs.js';

export abstract class RoomDocument implements Omit<
  EnteredRoom,
  'confirmed' | 'gather' | 'save' | 'leave'
> {
  protected readonly document = new Y.Doc();
  readonly widgets = new SharedWidgets(this.document, () => this.presence());
  readonly #runs: CellRuns;
  readonly #runMetadata = new RunMetadata(this.document);
  /** The cell of a run that an earlier runtime left, until it is gone on with. */
  #left: CellId | undefined;

  /** Without `outside` everything is kept in the document. */
  constructor(outside?: Outside) {
    this.#runs = new CellRuns(this.document, outside);
  }

  kernelName(): string | undefined {
    return namedKernel(this.document);
  }

  limits(): unknown {
    return askedLimits(this.document);
  }

  mark(): RunMark | undefined {
    return readMark(this.document);
  }

  runMetadata(cellId: CellId): JsonObject {
    return this.#runMetadata.of(cellId);
  }

  cellRun(cellId: CellId): CellRun {
    if (cellId === this.#left) {
      // Not before: an earlier runtime that still lives may have written on until now.
      this.#left = undefined;
      keepStraysOut(this.document, cellId);
    }
    return this.#runs.open(cellId);
  }

  takeLate(message: IopubMessage, at?: TapPosition): void {
    this.#runs.takeLate(message, at);
  }

  quieten(except?: CellId): void {
    quietenCells(this.document, except);
    this.#left = except;
  }

  written(): DocumentClock {
    const { clientID, store } = this.document;
    return { client: clientID, clock: Y.getState(store, clientID) };
  }

  /** The awareness states of the room's peers. */
  protected abstract presence(): Iterable<unknown>;
}
