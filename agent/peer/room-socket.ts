/**
 * The peer's socket: a Yjs websocket provider that authenticates with the agent's token, confirms what
 * the room has applied, and never reconnects by itself, because that would merge an old document into
 * a new history.
 */
import type * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import * as awarenessProtocol from 'y-protocols/awareness';
import * as syncProtocol from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import type * as Y from 'yjs';
import type { ServerAccess } from '../ports/runtime.js';
import type { RoomSession } from './room-session.js';

const MESSAGE_SYNC = 0;
const MESSAGE_RAW = 2;

/** A WebSocket class that proves to Jupyter Server who connects. */
function authenticatedSocket(
  token: string
): new (url: string | URL, protocols?: string | string[]) => WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, {
        headers: { 'Colophon-Agent-Token': token },
        perMessageDeflate: false
      });
    }
  };
}

export interface RoomSocketListener {
  /** Each SYNC_STEP2, in the order of the requests; the first answers the opening. */
  onSynced(): void;
  onClosed(code: number, reason: string): void;
}

export class RoomSocket {
  readonly #provider: WebsocketProvider;
  #saves = 0;

  constructor(
    access: ServerAccess,
    session: RoomSession,
    doc: Y.Doc,
    awareness: awarenessProtocol.Awareness,
    listener: RoomSocketListener
  ) {
    const provider = new WebsocketProvider(
      `${access.baseUrl.replace(/^http/, 'ws')}api/collaboration/room`,
      `json:notebook:${session.fileId}`,
      doc,
      {
        connect: false,
        disableBc: true,
        params: { sessionId: session.sessionId },
        awareness,
        // ws implements what the provider uses of the browser's WebSocket.
        WebSocketPolyfill: authenticatedSocket(
          access.token
        ) as unknown as typeof globalThis.WebSocket
      }
    );
    this.#provider = provider;
    provider.messageHandlers[MESSAGE_SYNC] = (encoder, decoder: decoding.Decoder) => {
      encoding.writeVarUint(encoder, MESSAGE_SYNC);
      const type = syncProtocol.readSyncMessage(decoder, encoder, doc, provider);
      if (type === syncProtocol.messageYjsSyncStep2) {
        provider.synced = true;
        listener.onSynced();
      }
    };
    // Answers to "save", and the server's note on a document that it cannot merge: nothing to do.
    provider.messageHandlers[MESSAGE_RAW] = () => undefined;
    provider.on('connection-close', (event: { code: number; reason: string }) => {
      provider.shouldConnect = false;
      // The provider still has to let go of the socket in this turn.
      queueMicrotask(() => listener.onClosed(event.code, event.reason));
    });
    // A close follows every error; without a listener ws would throw.
    provider.on('connection-error', () => undefined);
  }

  get open(): boolean {
    return this.#provider.wsconnected;
  }

  connect(): void {
    this.#provider.connect();
  }

  /** Asks for everything that the room has; the answer comes after all that was sent before. */
  requestSync(): void {
    this.#send(encoder => {
      encoding.writeVarUint(encoder, MESSAGE_SYNC);
      syncProtocol.writeSyncStep1(encoder, this.#provider.doc);
    });
  }

  requestSave(): void {
    this.#saves += 1;
    this.#send(encoder => {
      encoding.writeVarUint(encoder, MESSAGE_RAW);
      encoding.writeVarString(encoder, 'save');
      encoding.writeVarUint(encoder, this.#saves);
    });
  }

  /** Withdraws our presence and closes; settles when the server has the farewell, at most in 200 ms. */
  async leave(): Promise<void> {
    const socket = this.#provider.ws as unknown as WebSocket | null;
    awarenessProtocol.removeAwarenessStates(
      this.#provider.awareness,
      [this.#provider.doc.clientID],
      'leave'
    );
    this.#provider.destroy();
    if (socket !== null && socket.readyState !== WebSocket.CLOSED) {
      const closed = new Promise<void>(resolve =>
        socket.addEventListener('close', () => resolve())
      );
      const patience = AbortSignal.timeout(200);
      const tired = new Promise<void>(resolve =>
        patience.addEventListener('abort', () => resolve())
      );
      await Promise.race([closed, tired]);
    }
  }

  #send(write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    write(encoder);
    if (this.open) {
      this.#provider.ws?.send(encoding.toUint8Array(encoder));
    }
  }
}
