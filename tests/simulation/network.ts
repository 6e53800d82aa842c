/**
 * Pipes and sockets: what is sent on one arrives in order, after any time; what goes on different ones
 * overtakes. A cut loses what was on its way, from some place on; both ends learn of it, each later.
 */
import type { Chance } from './chance.js';

export interface Receiver<T> {
  take(message: T): void;
  /** Nothing more will come. */
  ended?(code: number): void;
}

/** One direction. */
export class Wire<T> {
  #queue: T[] = [];
  #open = true;
  #end: number | undefined;
  /** So many times it is passed over. */
  #lingers = 0;

  constructor(
    private readonly network: Network,
    private readonly receiver: Receiver<T>
  ) {
    network.add(this);
  }

  get open(): boolean {
    return this.#open;
  }

  get busy(): boolean {
    return this.#queue.length > 0 || this.#end !== undefined;
  }

  send(message: T): void {
    if (this.#open) {
      this.#queue.push(message);
    }
  }

  /** The receiver is told, after what was sent. */
  end(code: number): void {
    if (this.#open) {
      this.#open = false;
      this.#end = code;
    }
  }

  /** Loses what is on its way, from some place on; the rest may take its time. The receiver is told. */
  cut(chance: Chance, code = 1006): void {
    this.#lingers = chance.happens(0.3) ? chance.below(30) : 0;
    this.#queue.length = chance.below(this.#queue.length + 1);
    this.end(code);
  }

  /** The receiver is no more. */
  drop(): void {
    this.#open = false;
    this.#queue = [];
    this.#end = undefined;
    this.network.remove(this);
  }

  /** The next message arrives, or the end. */
  deliver(): void {
    if (this.#lingers > 0) {
      this.#lingers -= 1;
      return;
    }
    const message = this.#queue.shift();
    if (message !== undefined) {
      this.receiver.take(message);
    } else if (this.#end !== undefined) {
      const code = this.#end;
      this.#end = undefined;
      this.network.remove(this);
      this.receiver.ended?.(code);
    }
  }
}

/** What the network knows of a wire. */
export interface AnyWire {
  readonly busy: boolean;
  deliver(): void;
}

export class Network {
  readonly #wires = new Set<AnyWire>();

  add(wire: AnyWire): void {
    this.#wires.add(wire);
  }

  remove(wire: AnyWire): void {
    this.#wires.delete(wire);
  }

  /** Wires with something on its way. */
  busy(): AnyWire[] {
    return [...this.#wires].filter(wire => wire.busy);
  }
}

/** A socket between a client and Jupyter Server. */
export class Socket<Up, Down> {
  readonly up: Wire<Up>;
  readonly down: Wire<Down>;

  constructor(
    network: Network,
    readonly chance: Chance,
    server: Receiver<Up>,
    client: Receiver<Down>
  ) {
    this.up = new Wire(network, server);
    this.down = new Wire(network, client);
  }

  cut(): void {
    this.up.cut(this.chance);
    this.down.cut(this.chance);
  }

  /** The server ends it and takes nothing more. */
  closeByServer(code: number): void {
    this.up.drop();
    this.down.end(code);
  }

  closeByClient(): void {
    this.down.drop();
    this.up.end(1000);
  }

  /** The client's process was killed: what it sent last may be lost. */
  clientKilled(): void {
    this.down.drop();
    this.up.cut(this.chance);
  }

  serverKilled(): void {
    this.up.drop();
    this.down.cut(this.chance);
  }
}
