/** A peer's side of a room: its document, kept equal by Yjs's sync protocol. */
import * as Y from 'yjs';
import type { Receiver } from './network.js';
import type { RoomDown, RoomSocket, RoomUp } from './simulated-room.js';

export interface RoomListener {
  /** Each answer to a request for what we lack; the first one opens. */
  onSynced(): void;
  onClosed(code: number): void;
}

export class RoomClient {
  #socket: RoomSocket | undefined;

  constructor(
    readonly document: Y.Doc,
    private readonly listener: RoomListener
  ) {
    document.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== this) {
        this.#send({ type: 'update', update });
      }
    });
  }

  get socket(): RoomSocket | undefined {
    return this.#socket;
  }

  /** How it takes what comes on the socket that is opened next. */
  receiver(): Receiver<RoomDown> {
    return {
      take: message => this.#take(message),
      ended: code => {
        this.#socket = undefined;
        this.listener.onClosed(code);
      }
    };
  }

  connected(socket: RoomSocket): void {
    this.#socket = socket;
    this.requestSync();
  }

  requestSync(): void {
    this.#send({ type: 'state', vector: Y.encodeStateVector(this.document) });
  }

  leave(): void {
    this.#socket?.closeByClient();
    this.#socket = undefined;
  }

  #take(message: RoomDown): void {
    if (message.type === 'state') {
      const update = Y.encodeStateAsUpdate(this.document, message.vector);
      this.#send({ type: 'missing', update });
      return;
    }
    this.#apply(message.update);
    if (message.type === 'missing') {
      this.listener.onSynced();
    }
  }

  /** A page goes on where @jupyter/ydoc fails behind the change, see docs/upstream.md. */
  #apply(update: Uint8Array): void {
    try {
      Y.applyUpdate(this.document, update, this);
    } catch (error) {
      if (!(error instanceof TypeError && error.message.includes("reading 'oldValue'"))) {
        throw error;
      }
    }
  }

  #send(message: RoomUp): void {
    this.#socket?.up.send(message);
  }
}
