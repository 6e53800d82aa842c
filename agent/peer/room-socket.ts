/**
 * The peer's socket: a Yjs websocket provider that authenticates with the agent's token, confirms what
 * the room has applied, and never reconnects by itself, because that would merge an old document into
 * a new history.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import * as awarenessProtocol from 'y-protocols/awareness';
import * as syncProtocol from 'y-protocols/sync';
import { WebsocketProvider } from 'y-websocket';
import type * as Y from 'yjs';
import type { ServerAccess } from '../ports/runtime.js';
import { gatheringSocket } from './gathering-socket.js';
import type { RoomSession } from './room-session.js';
import { OWN_RUN_ORIGIN } from './shared-notebook.js';

const MESSAGE_SYNC = 0;
const MESSAGE_RAW = 2;
/** Comes back as it is once what was sent before it is applied; Colophon's own, see docs/PROTOCOL.md. */
const MESSAGE_CONFIRM = 99;
/** Asks whether the server knows such messages. */
const WHETHER_KNOWN = 0;

export interface RoomSocketListener {
  /** The document is the room's. Each time that the socket opens. */
  onSynced(): void;
  /** Each `requestConfirmation`, once the room has applied what was sent before it. */
  onConfirmed(): void;
  onClosed(code: number, reason: string): void;
}

export class RoomSocket {
  /** Whether what is sent may go out together with what follows within a few milliseconds. */
  gathers = false;
  readonly #provider: WebsocketProvider;
  #saves = 0;
  /** The last change was a run's own: what has another author must not go out as one with it. */
  #own = false;
  /** The server answers confirmations; else a whole sync is asked for, which is dear in a long document. */
  #confirms = false;

  constructor(
    access: ServerAccess,
    session: RoomSession,
    doc: Y.Doc,
    awareness: awarenessProtocol.Awareness,
    listener: RoomSocketListener
  ) {
    // Before the provider sends the update.
    doc.on('update', (_update, origin) => (this.#own = origin === OWN_RUN_ORIGIN));
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
        WebSocketPolyfill: gatheringSocket(
          access.token,
          () => this.gathers && this.#own
        ) as unknown as typeof globalThis.WebSocket
      }
    );
    this.#provider = provider;
    provider.messageHandlers[MESSAGE_SYNC] = (encoder, decoder: decoding.Decoder) => {
      encoding.writeVarUint(encoder, MESSAGE_SYNC);
      const type = syncProtocol.readSyncMessage(decoder, encoder, doc, provider);
      if (type !== syncProtocol.messageYjsSyncStep2) {
        return;
      }
      if (provider.synced) {
        listener.onConfirmed();
      } else {
        provider.synced = true;
        this.#sendConfirm(WHETHER_KNOWN);
        listener.onSynced();
      }
    };
    provider.messageHandlers[MESSAGE_CONFIRM] = (_encoder, decoder: decoding.Decoder) => {
      if (decoding.readVarUint(decoder) === WHETHER_KNOWN) {
        this.#confirms = true;
      } else {
        listener.onConfirmed();
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

  /** Asks to be told when the room has applied what was sent before. */
  requestConfirmation(): void {
    if (this.#confirms) {
      this.#sendConfirm(WHETHER_KNOWN + 1);
      return;
    }
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

  #sendConfirm(number: number): void {
    this.#send(encoder => {
      encoding.writeVarUint(encoder, MESSAGE_CONFIRM);
      encoding.writeVarUint(encoder, number);
    });
  }

  #send(write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    write(encoder);
    if (this.open) {
      this.#provider.ws?.send(encoding.toUint8Array(encoder));
    }
  }
}
