/**
 * A WebSocket to a room that can gather what it sends for a few milliseconds: many small changes then
 * cost the room, its other peers and the host one. Guarantees: nothing is dropped while the socket is
 * open, and what asks whether the room has our changes never overtakes them.
 */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import { messageYjsUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';

const MESSAGE_SYNC = 0;

/** Milliseconds that a change waits for what follows it. */
const GATHERED_FOR = 3;

/**
 * A class of such sockets; each proves to Jupyter Server by its token who connects. `gathers`: whether
 * the message that is being sent may wait for the next one.
 */
export function gatheringSocket(
  token: string,
  gathers: () => boolean
): new (url: string | URL, protocols?: string | string[]) => WebSocket {
  return class GatheringSocket extends WebSocket {
    #waiting: Uint8Array[] = [];
    #timer: NodeJS.Timeout | undefined;

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, {
        headers: { 'Colophon-Agent-Token': token },
        perMessageDeflate: false
      });
    }

    override send(message: Uint8Array): void {
      if (gathers()) {
        this.#waiting.push(message);
        this.#timer ??= setTimeout(() => this.flush(), GATHERED_FOR);
      } else {
        this.flush();
        super.send(message);
      }
    }

    override close(code?: number, data?: string | Buffer): void {
      this.flush();
      super.close(code, data);
    }

    /** Sends what waits, now: the changes as one, then the rest. */
    flush(): void {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      const waiting = this.#waiting.splice(0);
      if (this.readyState !== WebSocket.OPEN) {
        // A new connection brings the room what it has not.
        return;
      }
      const updates = waiting.flatMap(message => updateOf(message) ?? []);
      if (updates.length > 0) {
        super.send(updateMessage(Y.mergeUpdates(updates)));
      }
      waiting
        .filter(message => updateOf(message) === undefined)
        .forEach(message => super.send(message));
    }
  };
}

/** The update that a message brings; undefined for every other message. */
function updateOf(message: Uint8Array): Uint8Array | undefined {
  return message[0] === MESSAGE_SYNC && message[1] === messageYjsUpdate
    ? decoding.readVarUint8Array(decoding.createDecoder(message.subarray(2)))
    : undefined;
}

function updateMessage(update: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, MESSAGE_SYNC);
  encoding.writeVarUint(encoder, messageYjsUpdate);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}
