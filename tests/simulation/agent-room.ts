/**
 * The room as an agent has it: the real writing of outputs (agent/peer) on a document that is kept
 * equal over a simulated socket, with the rules of agent/peer/room-peer.ts for cuts.
 */
import { RoomDocument } from '../../agent/peer/room-document.js';
import type { Clock } from '../../agent/ports/inputs.js';
import type { EnteredRoom } from '../../agent/ports/runtime.js';
import { AgentUploads } from './agent-uploads.js';
import type { Life } from './life.js';
import type { Machine } from './machine.js';
import { RoomClient } from './room-client.js';
import { BUDGET } from './statements.js';

const LONGEST_ABSENCE = 30_000;

export interface AgentRoomContext {
  readonly machine: Machine;
  readonly life: Life;
  readonly clock: Clock;
  readonly token: string;
  readonly fail: (reason: string) => void;
}

export class AgentRoom extends RoomDocument implements EnteredRoom {
  readonly client: RoomClient;
  readonly #context: AgentRoomContext;
  readonly #confirmations: (() => void)[] = [];
  #session = '';
  #state: 'joining' | 'synced' | 'cut' | 'left' = 'joining';
  #joined: () => void = () => undefined;

  private constructor(context: AgentRoomContext) {
    super({
      uploads: new AgentUploads(context),
      budget: uploads => ({ ...BUDGET, uploads }),
      pause: time => new Promise<void>(resolve => context.clock.after(time, resolve)),
      // So much never waits here.
      hold: () => undefined
    });
    this.#context = context;
    this.document.clientID = context.machine.nextClient('runtime');
    const { life } = context;
    this.client = new RoomClient(this.document, {
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

  confirmed(): Promise<void> {
    return new Promise(resolve => {
      this.#confirmations.push(resolve);
      if (this.#state === 'synced') {
        this.client.requestSync();
      }
    });
  }

  gather(): void {
    // Each write goes out by itself.
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

  /** Nobody shows presence here. */
  protected override presence(): Iterable<unknown> {
    return [];
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
