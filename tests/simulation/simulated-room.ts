/**
 * The server's side of a room: one document, whose every update is told with the connection that made
 * it, and sent to the others.
 */
import * as Y from 'yjs';
import type { Author } from '../../schema/index.js';
import type { Receiver, Socket } from './network.js';

export type RoomUp =
  | { readonly type: 'state'; readonly vector: Uint8Array }
  | { readonly type: 'missing'; readonly update: Uint8Array }
  | { readonly type: 'update'; readonly update: Uint8Array };
export type RoomDown = RoomUp;
export type RoomSocket = Socket<RoomUp, RoomDown>;

/** Who is at the other end. */
export type Member = Omit<Extract<Author, { kind: 'peer' }>, 'via'> & {
  /** Agents by the order in which they were started; 0 for a person. */
  readonly agent: number;
};

export class SimulatedRoom {
  readonly document = new Y.Doc();
  /** The agents that wrote, in the order in which their writes were applied. */
  readonly writers: number[] = [];
  readonly #sockets = new Map<RoomSocket, Member>();
  #author: Author = { kind: 'server', cause: 'load', detail: 'RequestHandler' };
  #sender: RoomSocket | undefined;

  constructor(
    readonly sessionId: string,
    clientId: number,
    onUpdate: (update: Uint8Array, author: Author) => void
  ) {
    this.document.clientID = clientId;
    this.document.on('update', (update: Uint8Array) => {
      onUpdate(update, this.#author);
      for (const socket of this.#sockets.keys()) {
        if (socket !== this.#sender) {
          socket.down.send({ type: 'update', update });
        }
      }
      const agent = this.#sender && this.#sockets.get(this.#sender)?.agent;
      if (agent) {
        this.writers.push(agent);
      }
    });
  }

  /** The server itself changes the document. */
  write(cause: 'load' | 'save', change: (document: Y.Doc) => void): void {
    this.#author = { kind: 'server', cause, detail: 'task' };
    this.#sender = undefined;
    this.document.transact(() => change(this.document));
  }

  /** How it takes what comes on a socket; `enter` first. */
  receiver(socket: () => RoomSocket): Receiver<RoomUp> {
    return {
      take: message => this.#take(socket(), message),
      ended: () => this.#sockets.delete(socket())
    };
  }

  enter(socket: RoomSocket, member: Member): void {
    this.#sockets.set(socket, member);
    socket.down.send({ type: 'state', vector: Y.encodeStateVector(this.document) });
  }

  leave(socket: RoomSocket): void {
    this.#sockets.delete(socket);
  }

  sockets(): RoomSocket[] {
    return [...this.#sockets.keys()];
  }

  #take(socket: RoomSocket, message: RoomUp): void {
    const member = this.#sockets.get(socket);
    if (member === undefined) {
      return;
    }
    if (message.type === 'state') {
      const update = Y.encodeStateAsUpdate(this.document, message.vector);
      socket.down.send({ type: 'missing', update });
      return;
    }
    const { agent: _agent, ...author } = member;
    this.#author = { ...author, via: message.type === 'missing' ? 'resync' : 'live' };
    this.#sender = socket;
    Y.applyUpdate(this.document, message.update, socket);
    this.#sender = undefined;
  }
}
