/**
 * Jupyter Server with the server extension, as far as the host and the agents see it: one room, one
 * kernel with its tap, tokens, and the numbered frames that wait until the host has them.
 */
import { YNotebook } from '@jupyter/ydoc';
import * as Y from 'yjs';
import { notebookJson } from '../../agent/room/rebuild.js';
import type { ExecuteReply, KernelQuestion, SessionKernel } from '../../agent/ports/runtime.js';
import { limitMessage } from '../../agent/runtime/run-limits.js';
import type { Actor, FromServer, ToServer } from '../../schema/index.js';
import { FILE, type Machine } from './machine.js';
import { Socket, type Wire } from './network.js';
import { SimulatedKernel } from './simulated-kernel.js';
import { SimulatedRoom, type Member, type RoomSocket } from './simulated-room.js';
import type { RoomClient } from './room-client.js';
import { SimulatedTap, type TapSocket } from './simulated-tap.js';
import type { Receiver } from './network.js';

export interface ServerFrame {
  readonly header: FromServer;
  readonly payload: Uint8Array;
}
export type ControlUp =
  | { readonly type: 'execute'; readonly id: string; readonly code: string }
  | { readonly type: 'probe'; readonly id: string }
  | { readonly type: 'answer'; readonly id: string; readonly value: string };
export type ControlDown =
  { readonly id: string; readonly reply: ExecuteReply } | { readonly question: KernelQuestion };
export type ControlSocket = Socket<ControlUp, ControlDown>;
type AnySocket = RoomSocket | TapSocket | ControlSocket;

interface KernelHere extends SessionKernel {
  readonly tap: SimulatedTap;
  process: SimulatedKernel;
  /** The requests that this process was given. */
  readonly passed: Set<string>;
  control: ControlSocket | undefined;
  /** The question that nobody has answered. */
  asked: KernelQuestion | undefined;
}

interface Grant {
  readonly actor: Actor;
  readonly agent: number;
  readonly sockets: Set<AnySocket>;
}

const ROOM = { roomId: `json:notebook:${FILE}`, fileId: FILE };
const SAVE_AFTER = 1000;
const RESTART_TAKES = 400;

type Unnumbered = FromServer extends infer F
  ? F extends { n: number }
    ? Omit<F, 'tap' | 'n' | 'at'>
    : never
  : never;

export class SimulatedServer {
  readonly tapId: string;
  readonly room: SimulatedRoom;
  kernel: KernelHere | undefined;
  /** Frames that no host has acknowledged, those of earlier servers first. */
  waiting: ServerFrame[];
  #n = 0;
  #toHost: Wire<ServerFrame> | undefined;
  #live = false;
  #grants = new Map<string, Grant>();
  #sockets = new Set<AnySocket>();
  #cancelSave: () => void = () => undefined;

  constructor(
    private readonly machine: Machine,
    spool: readonly ServerFrame[]
  ) {
    this.tapId = machine.nextId('server');
    this.waiting = [...spool];
    this.room = new SimulatedRoom(
      machine.nextId('session'),
      machine.nextClient('server'),
      (update, author) => {
        this.#post({ type: 'room.update', ...ROOM, author }, update);
        if (author.kind !== 'server') {
          this.#saveSoon();
        }
      }
    );
    const load = { kind: 'server', cause: 'load', detail: 'RequestHandler' } as const;
    this.#post({ type: 'room.opened', ...ROOM, path: machine.path, author: load });
    this.room.write('load', document => {
      const file = new YNotebook();
      file.ydoc.clientID = machine.nextClient('server');
      file.setSource(machine.disk);
      Y.applyUpdate(document, Y.encodeStateAsUpdate(file.ydoc));
      file.dispose();
    });
    this.#post({ type: 'room.ready', ...ROOM });
  }

  /** Whether a process may come with this token. */
  knows(token: string): boolean {
    return this.#grants.has(token);
  }

  get hasHost(): boolean {
    return this.#toHost !== undefined;
  }

  hostStarted(toHost: Wire<ServerFrame>): void {
    this.#toHost = toHost;
    this.#live = false;
  }

  /** Every token of the host ends with it. */
  hostEnded(): void {
    this.#toHost = undefined;
    this.#live = false;
    [...this.#grants.keys()].forEach(token => this.#revoke(token));
  }

  /** Takes what the host says. */
  hear(message: ToServer): void {
    switch (message.type) {
      case 'welcome':
        if (message.tap === this.tapId) {
          this.#live = true;
          this.waiting
            // Those that it has taken may come again.
            .filter(
              ({ header }) =>
                !isTaken(header, this.tapId, message.last) || this.machine.chance.happens(0.9)
            )
            .forEach(frame => this.#toHost?.send(frame));
        }
        break;
      case 'ack':
        this.waiting = this.waiting.filter(
          ({ header }) => !isTaken(header, message.tap, message.n)
        );
        break;
      case 'flush':
        this.#answer({ type: 'flushed', id: message.id });
        break;
      case 'token.grant': {
        const agent = Number(message.token.split('-').at(-1));
        this.#grants.set(message.token, { actor: message.actor, agent, sockets: new Set() });
        this.#answer({ type: 'token.granted', id: message.id });
        break;
      }
      case 'token.revoke':
        this.#revoke(message.token);
        break;
      case 'path.request':
        this.#answer({ type: 'path', id: message.id, path: this.machine.path });
        break;
      case 'snapshot.request':
        this.#post(
          { type: 'room.snapshot', ...ROOM, path: this.machine.path },
          Y.encodeStateAsUpdate(this.room.document)
        );
        this.#post({ type: 'room.ready', ...ROOM });
        break;
      default:
        break;
    }
  }

  /** A person or an agent joins the room; refused if it knows another history, or its token is nobody's. */
  enterRoom(client: RoomClient, who: { token: string } | { user: string }, session: string): void {
    const grant = 'token' in who ? this.#grants.get(who.token) : undefined;
    const socket: RoomSocket = new Socket(
      this.machine.network,
      this.machine.chance,
      this.room.receiver(() => socket),
      client.receiver()
    );
    if (session !== this.room.sessionId || ('token' in who && grant === undefined)) {
      client.connected(socket);
      socket.closeByServer(session === this.room.sessionId ? 4403 : 1003);
      return;
    }
    this.#sockets.add(socket);
    grant?.sockets.add(socket);
    const username = 'user' in who ? who.user : 'colophon-runtime';
    const member: Member = {
      kind: 'peer',
      user: { username },
      connection: this.machine.nextId('connection'),
      agent: grant?.agent ?? 0,
      ...(grant && { grant: grant.actor })
    };
    this.room.enter(socket, member);
    client.connected(socket);
  }

  /** The kernel of the notebook's session, started if there is none. */
  startKernel(): SessionKernel {
    if (this.kernel === undefined) {
      const tap = new SimulatedTap(this.machine.nextId('tap'));
      const kernelId = this.machine.nextId('kernel');
      const process = this.#process(tap);
      this.kernel = {
        ...{ sessionId: 'session', kernelName: 'python3', kernelId, tap, process },
        ...{ passed: new Set(), control: undefined, asked: undefined }
      };
    }
    return this.kernel;
  }

  /** Another process in the place of the kernel's; `died`: not because anybody asked. */
  replaceKernel(died: boolean): void {
    const { kernel } = this;
    if (kernel === undefined) {
      return;
    }
    if (died) {
      kernel.tap.event('died');
    } else if (this.machine.chance.happens(0.7)) {
      kernel.process.sayFrom('restart', 'shutdown_reply', { restart: true });
    }
    const process = this.#process(kernel.tap);
    kernel.process = process;
    kernel.passed.clear();
    kernel.asked = undefined;
    this.machine.clock.after(RESTART_TAKES, () => {
      if (kernel.process === process) {
        process.sayFrom('proof', 'status', { execution_state: 'busy' });
        process.sayFrom('proof', 'status', { execution_state: 'idle' });
        kernel.tap.event('restarted');
      }
    });
  }

  /** Opens a socket of a token's; undefined and told as closed if it may not be. */
  open<Up, Down>(
    token: string,
    server: (socket: Socket<Up, Down>) => Receiver<Up>,
    client: Receiver<Down>
  ): Socket<Up, Down> {
    const grant = this.#grants.get(token);
    const socket: Socket<Up, Down> = new Socket(
      this.machine.network,
      this.machine.chance,
      {
        take: message => server(socket).take(message),
        ended: code => {
          this.#sockets.delete(socket as unknown as AnySocket);
          server(socket).ended?.(code);
        }
      },
      client
    );
    if (grant === undefined) {
      socket.closeByServer(4403);
    } else {
      this.#sockets.add(socket as unknown as AnySocket);
      grant.sockets.add(socket as unknown as AnySocket);
    }
    return socket;
  }

  /** A connection to the kernel: of an earlier one nothing is taken any more, and of requests each once. */
  openControl(
    token: string,
    kernelId: string,
    client: Receiver<ControlDown>
  ): Socket<ControlUp, ControlDown> {
    const { kernel } = this;
    const process = kernel?.process;
    const socket = this.open<ControlUp, ControlDown>(
      token,
      own => ({ take: message => this.#request(own, kernelId, process, message) }),
      client
    );
    if (kernel?.kernelId === kernelId && socket.down.open) {
      kernel.control?.up.drop();
      kernel.control = socket;
      if (kernel.asked !== undefined) {
        socket.down.send({ question: kernel.asked });
      }
    }
    return socket;
  }

  /** The run that the kernel has reaches a limit; false if none has, or has not. */
  reachLimit(): boolean {
    const { tap, process } = this.kernel ?? {};
    const executionId = process?.current;
    const { limited } = this.machine.truth;
    if (!tap || !executionId || tap.run !== executionId || limited.has(executionId)) {
      return false;
    }
    const limit = { executionId, limit: 'wall-time', allowed: 60, used: 61 } as const;
    tap.limit(limit);
    process.limited(limitMessage(limit));
    return true;
  }

  /** A client that is not ours asks the kernel, if there is one. */
  runInConsole(client: string, code: string): void {
    this.kernel?.process.request(client, { id: this.machine.nextId('console'), code });
  }

  /** The file gets another name. */
  rename(): void {
    this.machine.path = `${this.machine.nextId('file')}.ipynb`;
    this.room.write('save', document => document.getMap('state').set('path', this.machine.path));
  }

  save(): void {
    this.machine.disk = notebookJson(this.room.document);
    this.room.write('save', document => {
      document.getMap('state').set('hash', this.machine.nextId('hash'));
    });
  }

  /** Killed: the kernel dies with it, and frames that wait in its memory are lost, but what it has spooled. */
  kill(): readonly ServerFrame[] {
    this.#cancelSave();
    const spool = this.hasHost
      ? this.waiting.filter(({ header }) => 'tap' in header && header.tap !== this.tapId)
      : this.waiting;
    this.#sockets.forEach(socket => socket.serverKilled());
    this.room.sockets().forEach(socket => socket.serverKilled());
    this.#toHost?.cut(this.machine.chance);
    this.#toHost = undefined;
    this.#live = false;
    this.kernel = undefined;
    return spool;
  }

  /** `process`: which the kernel had when the connection began; runs are given to no other. */
  #request(
    socket: ControlSocket,
    kernelId: string,
    process: SimulatedKernel | undefined,
    message: ControlUp
  ): void {
    const { kernel } = this;
    if (kernel?.kernelId !== kernelId) {
      socket.closeByServer(4404);
    } else if (message.type === 'execute' && kernel.process !== process) {
      socket.closeByServer(1012);
    } else if (message.type === 'answer') {
      if (kernel.asked?.requestId === message.id) {
        kernel.asked = undefined;
        kernel.process.answer(message.id, message.value);
      }
    } else if (message.type === 'probe' || !kernel.passed.has(message.id)) {
      kernel.passed.add(message.id);
      kernel.process.request(socket, {
        id: message.id,
        ...(message.type === 'execute' && { code: message.code }),
        reply: reply => socket.down.send({ id: message.id, reply })
      });
    }
  }

  #process(tap: SimulatedTap): SimulatedKernel {
    const { truth, clock } = this.machine;
    const process: SimulatedKernel = new SimulatedKernel(
      this.machine.nextId('process'),
      truth,
      () => clock.now(),
      message => tap.message(message),
      question => {
        const { kernel } = this;
        if (kernel !== undefined) {
          kernel.asked = question;
          kernel.control?.down.send({ question });
        }
      }
    );
    return process;
  }

  #saveSoon(): void {
    this.#cancelSave();
    this.#cancelSave = this.machine.clock.after(SAVE_AFTER, () => this.save());
  }

  #revoke(token: string): void {
    const grant = this.#grants.get(token);
    this.#grants.delete(token);
    for (const socket of grant?.sockets ?? []) {
      this.room.leave(socket as RoomSocket);
      socket.closeByServer(4403);
    }
  }

  #answer(header: FromServer): void {
    this.#toHost?.send({ header, payload: new Uint8Array() });
  }

  #post(header: Unnumbered, payload: Uint8Array = new Uint8Array()): void {
    this.#n += 1;
    const at = new Date(this.machine.clock.now()).toISOString();
    const numbered = { ...header, tap: this.tapId, n: this.#n, at } as FromServer;
    const frame = { header: numbered, payload };
    this.waiting.push(frame);
    if (this.#live) {
      this.#toHost?.send(frame);
    }
  }
}

function isTaken(header: FromServer, tap: string, last: number): boolean {
  return 'n' in header && header.tap === tap && header.n <= last;
}
