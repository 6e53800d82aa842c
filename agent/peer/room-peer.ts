/**
 * The runtime as a peer of one notebook's room. Guarantees: nothing is read or written before the first
 * sync; one document belongs to one history of the room, so when the server's session changed, or the
 * peer was away long enough for the room to be rebuilt, it fails instead of merging; a short cut is
 * mended with the same document, so what was written meanwhile arrives once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Awareness } from 'y-protocols/awareness';
import type { EnteredRoom, ServerAccess } from '../ports/runtime.js';
import { RoomDocument } from './room-document.js';
import type { Outside } from './run-outputs.js';
import { askRoomSession, RoomRefused, type RoomSession } from './room-session.js';
import { RoomSocket } from './room-socket.js';

/** The runtime's name in presence; the server's name for its authenticated connection. */
const RUNTIME_USERNAME = 'colophon-runtime';

/** After this the room may have been evicted and rebuilt with another history. Milliseconds. */
const LONGEST_ABSENCE = 30_000;

/** Peers renew their presence every 15 s; the room does not tell a newcomer before. Milliseconds. */
const PRESENCE_KNOWN = 20_000;

export interface RoomPeerListener {
  /** People in the room: peers with a user that is not a runtime. */
  onPeers(count: number): void;
  /** The peer cannot go on. */
  onFailed(reason: string): void;
}

export class RoomPeer extends RoomDocument implements EnteredRoom {
  readonly #awareness = new Awareness(this.document);
  readonly #access: ServerAccess;
  readonly #listener: RoomPeerListener;
  readonly #session: RoomSession;
  readonly #socket: RoomSocket;
  readonly #confirmations: (() => void)[] = [];
  #path: string;
  #state: 'joining' | 'synced' | 'cut' | 'left' = 'joining';
  #joined!: { resolve: () => void; reject: (reason: Error) => void };
  #peers: number | undefined;
  #presenceKnown = false;

  private constructor(
    access: ServerAccess,
    path: string,
    session: RoomSession,
    listener: RoomPeerListener,
    outside: Outside
  ) {
    super(outside);
    this.#access = access;
    this.#path = path;
    this.#session = session;
    this.#listener = listener;
    this.#awareness.setLocalState({
      user: { username: RUNTIME_USERNAME, name: 'Runtime', display_name: 'Runtime', initials: 'R' },
      autosave: true
    });
    this.#awareness.on('change', () => this.#countPeers());
    this.#socket = new RoomSocket(access, session, this.document, this.#awareness, {
      onSynced: () => this.#synced(),
      onConfirmed: () => this.#confirmations.shift()?.(),
      onClosed: (code, reason) => this.#closed(code, reason)
    });
  }

  /** Joins the room of the file; settles after the first sync. Throws RoomRefused when it cannot. */
  static async join(
    access: ServerAccess,
    file: { readonly path: string; readonly fileId: string },
    listener: RoomPeerListener,
    outside: Outside
  ): Promise<RoomPeer> {
    const { sessionId } = await askRoomSession(access, file.path);
    const session = { sessionId, fileId: file.fileId };
    const peer = new RoomPeer(access, file.path, session, listener, outside);
    await new Promise<void>((resolve, reject) => {
      peer.#joined = { resolve, reject };
      peer.#socket.connect();
    });
    return peer;
  }

  /** The file was renamed. */
  moved(path: string): void {
    this.#path = path;
  }

  confirmed(): Promise<void> {
    return new Promise(resolve => {
      this.#confirmations.push(resolve);
      if (this.#state === 'synced') {
        this.#socket.requestConfirmation();
      }
    });
  }

  gather(gathers: boolean): void {
    this.#socket.gathers = gathers;
  }

  save(): void {
    this.#socket.requestSave();
  }

  async leave(): Promise<void> {
    this.#state = 'left';
    await this.#socket.leave();
    this.#awareness.destroy();
    this.document.destroy();
  }

  protected override presence(): Iterable<unknown> {
    return this.#awareness.getStates().values();
  }

  #synced(): void {
    const first = this.#state === 'joining';
    this.#state = 'synced';
    // Our answer to the server's own request went out before; these come after it.
    this.#confirmations.forEach(() => this.#socket.requestConfirmation());
    if (first) {
      setTimeout(() => {
        this.#presenceKnown = true;
        this.#countPeers();
      }, PRESENCE_KNOWN).unref();
      this.#joined.resolve();
    } else {
      // Presence with a newer clock: the room has forgotten the old one.
      this.#awareness.setLocalState(this.#awareness.getLocalState());
    }
    this.#countPeers();
  }

  #closed(code: number, reason: string): void {
    switch (this.#state) {
      case 'joining':
        this.#joined.reject(new RoomRefused(closeReason(code, reason, this.#path)));
        break;
      case 'synced':
        if (refuses(code)) {
          this.#fail(closeReason(code, reason, this.#path));
        } else {
          this.#state = 'cut';
          void this.#mend(Date.now());
        }
        break;
      case 'cut':
      case 'left':
        break;
    }
  }

  async #mend(cutAt: number): Promise<void> {
    for (let attempt = 0; this.#state === 'cut'; attempt += 1) {
      await delay(Math.min(2000, 50 * 2 ** attempt));
      if (Date.now() - cutAt > LONGEST_ABSENCE) {
        this.#fail('The connection to the notebook was lost for too long.');
        return;
      }
      if (this.#state !== 'cut' || this.#socket.open) {
        continue;
      }
      try {
        const { sessionId } = await askRoomSession(this.#access, this.#path);
        if (sessionId !== this.#session.sessionId) {
          this.#fail('Jupyter Server was restarted; its rooms are new.');
          return;
        }
        this.#socket.connect();
      } catch (error) {
        if (error instanceof RoomRefused) {
          this.#fail(error.message);
          return;
        }
        // The network is still away: try again until the absence is too long.
      }
    }
  }

  #fail(reason: string): void {
    if (this.#state !== 'left') {
      this.#state = 'left';
      this.#listener.onFailed(reason);
    }
  }

  #countPeers(): void {
    let count = 0;
    for (const [client, state] of this.#awareness.getStates()) {
      const user = (state as { user?: { username?: unknown } }).user;
      if (client !== this.document.clientID && user !== undefined) {
        count += user.username === RUNTIME_USERNAME ? 0 : 1;
      }
    }
    const known = this.#presenceKnown || count > 0 || this.#peers !== undefined;
    if (this.#state === 'synced' && known && count !== this.#peers) {
      this.#peers = count;
      this.#listener.onPeers(count);
    }
  }
}

/** Close codes with which the server says that this room cannot be had. */
function refuses(code: number): boolean {
  return code === 1003 || (code >= 4400 && code < 4600);
}

function closeReason(code: number, reason: string, path: string): string {
  if (code === 4404) {
    return `The notebook ${path} does not exist.`;
  }
  const why = reason === '' ? `code ${code}` : `code ${code}: ${reason}`;
  return `Jupyter Server closed the room of ${path} (${why}).`;
}
