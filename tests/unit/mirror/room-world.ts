/**
 * A room with real documents: a server's document, peers with JupyterLab's own shared model, and
 * the replica that sees what the server applies. Messages wait until they are delivered, so that
 * edits cross on their way.
 */
import { YNotebook } from '@jupyter/ydoc';
import * as Y from 'yjs';
import { EMPTY_NOTEBOOK } from '../../../agent/core/notebook/state.js';
import type { NotebookState } from '../../../agent/core/notebook/state.js';
import { fromNotebook } from '../../../agent/core/notebook/from-notebook.js';
import { LOAD_ACTOR } from '../../../agent/room/attribution.js';
import type { Attribution, Replica } from '../../../agent/ports/mirror.js';
import { notebookJson } from '../../../agent/room/rebuild.js';
import { openReplica } from '../../../agent/room/replica.js';
import type { StoredUpdate } from '../../../agent/ports/host.js';
import type { Actor, Draft, Timestamp } from '../../../schema/index.js';

export const EDIT_PAUSE = 1000;

export const ALICE: Actor = { kind: 'human', id: 'alice', name: 'Alice' };
export const BOB: Actor = { kind: 'human', id: 'bob', name: 'Bob' };
export const RUNTIME: Actor = { kind: 'runtime', id: 'colophon-runtime', onBehalfOf: ALICE };

/** One peer's model and what it has not sent or received yet. */
export interface Peer {
  readonly actor: Actor;
  readonly notebook: YNotebook;
  readonly outgoing: Uint8Array[];
  readonly incoming: Uint8Array[];
}

/** nbformat JSON of a notebook with these code cells. */
export function codeNotebook(sources: readonly string[]): Parameters<YNotebook['setSource']>[0] {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    cells: sources.map((source, index) => ({
      id: `cell-${index}`,
      cell_type: 'code',
      source,
      metadata: { trusted: true },
      outputs: [],
      execution_count: null
    }))
  };
}

/** The world around one replica. Time stands still until `wait`. */
export class RoomWorld {
  readonly server = new Y.Doc();
  readonly updates: StoredUpdate[] = [];
  readonly drafts: Draft[] = [];
  readonly peers: Peer[] = [];
  replica: Replica;
  now = Date.parse('2026-01-01T10:00:00.000Z');
  #author: Attribution = { actor: LOAD_ACTOR, assurance: 'verified' };

  constructor(
    readonly known: NotebookState = EMPTY_NOTEBOOK,
    readonly path = 'a.ipynb'
  ) {
    const options = { path, epoch: 1, known, editPause: EDIT_PAUSE };
    this.replica = openReplica(options);
    this.server.on('update', (bytes: Uint8Array) => this.#tap(bytes));
  }

  get at(): Timestamp {
    return new Date(this.now).toISOString();
  }

  /** The server writes by itself, e.g. when it loads or saves. */
  serverWrites(actor: Actor, write: (document: Y.Doc) => void): void {
    this.#author = { actor, assurance: 'verified' };
    this.server.transact(() => write(this.server));
  }

  /** Loads a file into the room, as the server does. */
  load(content: Parameters<YNotebook['setSource']>[0]): void {
    const source = new YNotebook();
    source.setSource(content);
    this.serverWrites(LOAD_ACTOR, document =>
      Y.applyUpdate(document, Y.encodeStateAsUpdate(source.ydoc))
    );
    this.drafts.push(...this.replica.ready(this.at));
  }

  join(actor: Actor): Peer {
    const notebook = new YNotebook();
    const peer: Peer = { actor, notebook, outgoing: [], incoming: [] };
    Y.applyUpdate(notebook.ydoc, Y.encodeStateAsUpdate(this.server), 'server');
    notebook.ydoc.on('update', (bytes: Uint8Array, origin: unknown) => {
      if (origin !== 'server') {
        peer.outgoing.push(bytes);
      }
    });
    this.peers.push(peer);
    return peer;
  }

  /** The server takes the peer's oldest message. */
  send(peer: Peer): void {
    const bytes = peer.outgoing.shift();
    if (bytes !== undefined) {
      this.#author = { actor: peer.actor, assurance: 'verified' };
      Y.applyUpdate(this.server, bytes, peer);
    }
  }

  /** The peer takes the oldest message of the server. */
  receive(peer: Peer): void {
    const bytes = peer.incoming.shift();
    if (bytes !== undefined) {
      Y.applyUpdate(peer.notebook.ydoc, bytes, 'server');
    }
  }

  /** Delivers everything. */
  deliver(): void {
    while (this.peers.some(peer => peer.outgoing.length + peer.incoming.length > 0)) {
      for (const peer of this.peers) {
        this.send(peer);
        this.receive(peer);
      }
    }
  }

  /** Lets time pass; the replica states what comes due. */
  wait(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let due = this.replica.due(); due !== null && due <= end; due = this.replica.due()) {
      this.now = Math.max(this.now, due);
      this.drafts.push(...this.replica.settle(this.now));
    }
    this.now = end;
  }

  /** An edit by a peer that reaches the server at once. */
  edit(peer: Peer, change: (notebook: YNotebook) => void): Draft[] {
    const from = this.drafts.length;
    change(peer.notebook);
    this.deliver();
    return this.drafts.slice(from);
  }

  flush(): Draft[] {
    const drafts = this.replica.flush();
    this.drafts.push(...drafts);
    return drafts;
  }

  /** The notebook as the server's document has it now, read as a file would be. */
  read(): NotebookState {
    return fromNotebook(notebookJson(this.server), this.path);
  }

  #tap(bytes: Uint8Array): void {
    const number = this.updates.length + 1;
    const update: StoredUpdate = { number, epoch: 1, at: this.at, bytes, ...this.#author };
    this.updates.push(update);
    this.peers
      .filter(peer => peer.actor !== update.actor)
      .forEach(peer => peer.incoming.push(bytes));
    this.drafts.push(...this.replica.apply(update));
  }
}
