/**
 * The room as an agent has it: the real writing of outputs (agent/peer) on a document that is kept
 * equal over a simulated socket, with the rules of agent/peer/room-peer.ts for cuts.
 */
import * as Y from 'yjs';
import { CellRuns } from '../../agent/peer/cell-runs.js';
import { RunMetadata } from '../../agent/peer/run-metadata.js';
import { SharedWidgets } from '../../agent/peer/saved-widgets.js';
import { namedKernel, quietenCells, readMark } from '../../agent/peer/shared-notebook.js';
import type { Clock } from '../../agent/ports/inputs.js';
import type { CellRun, EnteredRoom, IopubMessage, RunMark } from '../../agent/ports/runtime.js';
import type { CellId, JsonObject } from '../../schema/index.js';
import type { Life } from './life.js';
import type { Machine } from './machine.js';
import { RoomClient } from './room-client.js';

const LONGEST_ABSENCE = 30_000;

export interface AgentRoomContext {
  readonly machine: Machine;
  readonly life: Life;
  readonly clock: Clock;
  readonly token: string;
  readonly fail: (reason: string) => void;
}

export class AgentRoom implements EnteredRoom {
  readonly client: RoomClient;
  readonly #context: AgentRoomContext;
  readonly #document = new Y.Doc();
  readonly #runs = new CellRuns(this.#document);
  readonly #runMetadata = new RunMetadata(this.#document);
  readonly widgets = new SharedWidgets(this.#document, () => []);
  readonly #confirmations: (() => void)[] = [];
  #session = '';
  #state: 'joining' | 'synced' | 'cut' | 'left' = 'joining';
  #joined: () => void = () => undefined;

  private constructor(context: AgentRoomContext) {
    this.#context = context;
    this.#document.clientID = context.machine.nextClient('runtime');
    const { life } = context;
    this.client = new RoomClient(this.#document, {
      onSynced: life.guarded(() => this.#synced()),
      onClosed: life.guarded((code: number) => this.#closed(code))
    });
  }

  static async join(context: AgentRoomContext): Promise<AgentRoom> {
    const room = new AgentRoom(context);
    const { machine, life } = context;
    room.#session = await machine.ask(life, server => server.room.sessionId);
    await new Promise<void>(resolve => {
      room.#joined = resolve;
      room.#connect();
    });
    return room;
  }

  moved(): void {}

  kernelName(): string | undefined {
    return namedKernel(this.#document);
  }

  limits(): undefined {
    return undefined;
  }

  mark(): RunMark | undefined {
    return readMark(this.#document);
  }

  runMetadata(cellId: CellId): JsonObject {
    return this.#runMetadata.of(cellId);
  }

  cellRun(cellId: CellId): CellRun {
    return this.#runs.open(cellId);
  }

  takeLate(message: IopubMessage): void {
    this.#runs.takeLate(message);
  }

  quieten(except?: CellId): void {
    quietenCells(this.#document, except);
  }

  confirmed(): Promise<void> {
    return new Promise(resolve => {
      this.#confirmations.push(resolve);
      if (this.#state === 'synced') {
        this.client.requestSync();
      }
    });
  }

  save(): void {
    const { machine, life } = this.#context;
    void machine.ask(life, server => server.save()).catch(() => undefined);
  }

  leave(): Promise<void> {
    this.#state = 'left';
    this.client.leave();
    return Promise.resolve();
  }

  #connect(): void {
    const { machine, token } = this.#context;
    machine.server?.enterRoom(this.client, { token }, this.#session);
  }

  #synced(): void {
    if (this.#state === 'synced') {
      this.#confirmations.shift()?.();
      return;
    }
    const first = this.#state === 'joining';
    this.#state = 'synced';
    this.#confirmations.forEach(() => this.client.requestSync());
    if (first) {
      this.#joined();
    }
  }

  #closed(code: number): void {
    if (this.#state === 'joining') {
      this.#context.fail(`The room was closed (${code}).`);
    } else if (this.#state === 'synced') {
      if (code === 4403 || code === 1003) {
        this.#fail('The room was closed.');
      } else {
        this.#state = 'cut';
        this.#mendLater(this.#context.clock.now(), 0);
      }
    } else if (this.#state === 'cut') {
      this.#mendLater(this.#context.clock.now(), 1);
    }
  }

  #mendLater(cutAt: number, attempt: number): void {
    const { clock } = this.#context;
    clock.after(Math.min(2000, 50 * 2 ** attempt), () => {
      if (this.#state === 'cut' && this.client.socket === undefined) {
        if (clock.now() - cutAt > LONGEST_ABSENCE) {
          this.#fail('The connection to the notebook was lost for too long.');
        } else {
          void this.#mend(cutAt, attempt);
        }
      }
    });
  }

  async #mend(cutAt: number, attempt: number): Promise<void> {
    const { machine, life } = this.#context;
    try {
      const session = await machine.ask(life, server => server.room.sessionId);
      if (session !== this.#session) {
        life.guarded(() => this.#fail('Jupyter Server was restarted; its rooms are new.'))();
      } else if (this.#state === 'cut' && this.client.socket === undefined) {
        this.#connect();
      }
    } catch {
      this.#mendLater(cutAt, attempt + 1);
    }
  }

  #fail(reason: string): void {
    if (this.#state !== 'left') {
      this.#state = 'left';
      this.#context.fail(reason);
    }
  }
}
