/** Starts Jupyter Server and, beside it, the host, and both again when they have ended. */
import type { Storage } from '../../agent/journal/storage.js';
import type { ToServer } from '../../schema/index.js';
import { STREAM, type Machine } from './machine.js';
import { Wire } from './network.js';
import { SimulatedHost } from './simulated-host.js';
import { SimulatedServer, type ServerFrame } from './simulated-server.js';

/** Milliseconds. */
const HOST_RESTARTS_AFTER = 300;
const SERVER_RESTARTS_AFTER = 1500;

export class Supervisor {
  /** Offsets of the journal at the crashes of the server. */
  readonly serverKills: number[] = [];
  readonly #machine: Machine;
  readonly #storage: Storage;
  #spool: readonly ServerFrame[] = [];

  constructor(machine: Machine, storage: Storage) {
    this.#machine = machine;
    this.#storage = storage;
    this.#startServer();
  }

  /** False: it is down already. */
  killServer(): boolean {
    const { server, clock } = this.#machine;
    if (server === undefined) {
      return false;
    }
    this.#spool = server.kill();
    this.#machine.server = undefined;
    this.serverKills.push(this.#storage.head(STREAM).offset);
    clock.after(SERVER_RESTARTS_AFTER, () => this.#startServer());
    return true;
  }

  #startServer(): void {
    this.#machine.server = new SimulatedServer(this.#machine, this.#spool);
    this.#startHost(this.#machine.server);
  }

  /** The journal has one host at a time. */
  #startHost(server: SimulatedServer): void {
    const { network, clock, host } = this.#machine;
    if (server !== this.#machine.server || server.hasHost) {
      return;
    }
    if (host?.life.alive === true) {
      clock.after(HOST_RESTARTS_AFTER, () => this.#startHost(server));
      return;
    }
    const toServer = new Wire<ToServer>(network, {
      take: message => {
        if (server === this.#machine.server) {
          server.hear(message);
        }
      },
      ended: () => {
        if (server === this.#machine.server) {
          server.hostEnded();
          clock.after(HOST_RESTARTS_AFTER, () => this.#startHost(server));
        }
      }
    });
    const entry: { host?: SimulatedHost } = {};
    const toHost = new Wire<ServerFrame>(network, {
      take: frame => entry.host?.life.alive === true && entry.host.take(frame),
      ended: () => void entry.host?.stop()
    });
    server.hostStarted(toHost);
    entry.host = new SimulatedHost(this.#machine, this.#storage, server.tapId, toServer);
    this.#machine.host = entry.host;
  }
}
