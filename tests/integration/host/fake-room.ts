/** A room as the server has it: a real notebook document whose updates become frames with authors. */
import { YNotebook } from '@jupyter/ydoc';
import * as Y from 'yjs';
import { sourceHash } from '../../../agent/core/digest.js';
import type { Author, FileId } from '../../../schema/index.js';
import type { FakeServer } from './host-process.js';

/** A person's live edit. */
export function person(username: string): Author {
  const user = { username, name: username.toUpperCase(), color: '#123456' };
  return { kind: 'peer', user, connection: `connection-${username}`, via: 'live' };
}

const LOAD: Author = { kind: 'server', cause: 'load', detail: 'RequestHandler' };

export class FakeRoom {
  readonly fileId: FileId;
  readonly stream: string;
  readonly notebook = new YNotebook();
  readonly #server: FakeServer;
  readonly #path: string;
  #author: Author = LOAD;

  constructor(server: FakeServer, fileId: string, path = 'a.ipynb') {
    this.#server = server;
    this.#path = path;
    this.fileId = fileId as FileId;
    this.stream = `/notebooks/${fileId}`;
    server.paths.set(fileId, path);
    this.notebook.ydoc.on('update', (bytes: Uint8Array) => {
      server.post({ type: 'room.update', ...this.#room, author: this.#author }, bytes);
    });
  }

  get #room() {
    return { roomId: `json:notebook:${this.fileId}`, fileId: this.fileId };
  }

  /** Opens the room and loads cells with these sources; ids are c0, c1, … */
  open(...sources: string[]): void {
    this.#server.post({ type: 'room.opened', ...this.#room, path: this.#path, author: LOAD });
    this.notebook.transact(() => {
      this.notebook.setSource({
        cells: sources.map((source, index) => ({
          ...{ cell_type: 'code', id: `c${index}`, source, outputs: [], execution_count: null },
          metadata: { trusted: true }
        })),
        metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
        nbformat: 4,
        nbformat_minor: 5
      });
    });
    this.#server.post({ type: 'room.ready', ...this.#room });
  }

  close(): void {
    this.#server.post({ type: 'room.closed', ...this.#room });
  }

  /** Sends the whole document, as the answer to a request. */
  snapshot(): void {
    const update = Y.encodeStateAsUpdate(this.notebook.ydoc);
    this.#server.post({ type: 'room.snapshot', ...this.#room, path: this.#path }, update);
    this.#server.post({ type: 'room.ready', ...this.#room });
  }

  /** Changes the document as this author. */
  as(author: Author, change: (notebook: YNotebook) => void): void {
    this.#author = author;
    change(this.notebook);
  }

  /** A command that asks to run these cells as they are now. */
  runCommand(id: string, ...indexes: number[]) {
    const cells = indexes.map(index => this.notebook.getCell(index));
    return this.runSources(id, ...cells.map(cell => [cell.id, cell.getSource()] as const));
  }

  /** A command that asks to run cells with these sources, whatever the room holds. */
  runSources(id: string, ...cells: (readonly [cellId: string, source: string])[]) {
    const wanted = cells.map(([cellId, source]) => ({ cellId, sourceHash: sourceHash(source) }));
    return { id, stream: this.stream, type: 'execution.request', data: { cells: wanted } };
  }
}
