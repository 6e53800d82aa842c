/** A websocket of a stream in this process, on a clock that is turned by hand. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { acceptSockets } from '../../../agent/api/upgrade.js';
import { randomIds } from '../../../agent/ids.js';
import { PostDoor } from '../../../agent/loop/post-door.js';
import { DeliveryWorld } from './delivery-world.js';

const PING_MS = 15_000;

describe('a websocket', () => {
  let world: DeliveryWorld;
  let end: () => void;
  let address: string;

  beforeEach(async () => {
    world = new DeliveryWorld();
    const { journal, clock, outside } = world;
    const door = new PostDoor({
      ...{ journal, clock, ids: randomIds, outside },
      warn: message => console.error(message)
    });
    const server = createServer();
    end = acceptSockets(server, {
      admit: () => ({ door, principal: { username: 'ann', may: ['admin'] } }),
      maxBodyBytes: 1000,
      schedule: (delay, callback) => clock.after(delay, callback)
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    address = `ws://127.0.0.1:${port}/api/streams/__socket/s`;
    const before = end;
    end = () => {
      before();
      server.close();
      server.closeAllConnections();
    };
  });
  afterEach(() => {
    end();
    world.stop();
  });

  it('[W16] is pinged every 15 s, and one that does not answer is ended', async () => {
    const alive = new WebSocket(address);
    const dead = new WebSocket(address, { autoPong: false });
    const pings = { alive: 0, dead: 0 };
    alive.on('ping', () => (pings.alive += 1));
    dead.on('ping', () => (pings.dead += 1));
    await Promise.all([once(alive, 'ping'), once(dead, 'ping')]);
    const closed = once(dead, 'close');
    // The answer is there once what was sent after it is.
    alive.send('{}');
    await once(alive, 'message');
    world.clock.pass(PING_MS);
    const [code] = (await closed) as [number];
    expect(code).toBe(1006);
    await expect.poll(() => pings).toEqual({ alive: 2, dead: 1 });
    expect(alive.readyState).toBe(WebSocket.OPEN);
  });

  it('[W16] is told when the service ends', async () => {
    const reader = new WebSocket(address);
    await once(reader, 'open');
    const closed = once(reader, 'close');
    end();
    expect((await closed)[0]).toBe(1001);
  });
});
