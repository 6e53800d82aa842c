/** What a runtime tells the server on the socket of its kernel's tap, and when. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { AttachedKernelTap } from '../../../agent/kernel/kernel-tap.js';
import type { KernelTap } from '../../../agent/ports/runtime.js';
import type { ExecutionId } from '../../../schema/index.js';

const RUN = { executionId: 'run' as ExecutionId, limits: {} };

describe('the tap of a kernel', () => {
  let server: WebSocketServer;
  afterEach(() => server.close());

  /** The attached tap, the server's end of its socket, and what was told so far. */
  async function attached(): Promise<{ tap: KernelTap; socket: WebSocket; told: object[] }> {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const told: object[] = [];
    const connected = once(server, 'connection').then(([socket]: WebSocket[]) => {
      socket!.on('message', (text: Buffer) => told.push(JSON.parse(text.toString()) as object));
      socket!.send(JSON.stringify({ type: 'attached', tap: 't', next: 1, lost: false }));
      return socket!;
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const access = { baseUrl: `http://127.0.0.1:${port}/`, token: 'token' };
    const ignore = (): undefined => undefined;
    const listener = {
      onItems: ignore,
      onEnvironment: ignore,
      onLost: ignore,
      onTakenAway: ignore
    };
    const { tap } = await AttachedKernelTap.attach(access, 'k', undefined, listener);
    return { tap, socket: await connected, told };
  }

  /** Settles once the server has all that was told before. */
  const heard = (socket: WebSocket): Promise<unknown> => once(socket, 'close');

  it('[LT9] tells what the server may forget with the next run, which goes out at once', async () => {
    const { tap, socket, told } = await attached();
    tap.acknowledge(1);
    tap.acknowledge(3);
    tap.watch(RUN);
    tap.acknowledge(4);
    tap.watch(undefined);
    await once(socket, 'message');
    tap.close();
    await heard(socket);
    expect(told).toEqual([
      { ack: 3, run: RUN },
      { ack: 4, run: null }
    ]);
  });

  it('[LT9] tells it soon when no run follows, in a flood at once, and before it leaves', async () => {
    const { tap, socket, told } = await attached();
    tap.acknowledge(1);
    await once(socket, 'message');
    expect(told).toEqual([{ ack: 1 }]);
    tap.acknowledge(256);
    tap.acknowledge(257);
    tap.acknowledge(258);
    tap.close();
    await heard(socket);
    expect(told).toEqual([{ ack: 1 }, { ack: 257 }, { ack: 258 }]);
  });
});
