/**
 * A network between an agent and a server that a test can cut: every connection is reset. Before that it
 * can lose what the agent sends.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class FlakyNetwork {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private losing = false;

  private constructor(target: URL) {
    this.server = createServer(near => {
      const far = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [near, far],
        [far, near]
      ] as const) {
        this.sockets.add(from);
        from.on('data', data => {
          if (!this.losing || from === far) {
            to.write(data);
          }
        });
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.on('error', () => to.destroy());
      }
    });
  }

  /** A network in front of the server at `url`; `url` of the result leads through it. */
  static async before(url: string): Promise<{ network: FlakyNetwork; url: string }> {
    const through = new URL(url);
    const network = new FlakyNetwork(new URL(url));
    await new Promise<void>(listening => network.server.listen(0, '127.0.0.1', listening));
    through.port = String((network.server.address() as AddressInfo).port);
    return { network, url: through.href };
  }

  /** What the agent sends does not arrive any more, until the connections are cut. */
  lose(): void {
    this.losing = true;
  }

  /** Resets every connection; new ones are possible at once. */
  cut(): void {
    this.losing = false;
    this.sockets.forEach(socket => socket.resetAndDestroy());
  }

  close(): void {
    this.server.close();
    this.cut();
  }
}
