import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import * as encoding from 'lib0/encoding';
import { messageYjsUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';
import { gatheringSocket } from '../../../agent/peer/gathering-socket.js';

const CONFIRM = Uint8Array.of(99, 1);

/** Yjs updates of one document, as messages to a room. */
function typed(words: readonly string[]): { messages: Uint8Array[]; text: string } {
  const doc = new Y.Doc();
  const messages: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, messageYjsUpdate);
    encoding.writeVarUint8Array(encoder, update);
    messages.push(encoding.toUint8Array(encoder));
  });
  const text = doc.getText('t');
  words.forEach(word => text.insert(text.length, word));
  return { messages, text: text.toJSON() };
}

/** What a document shows after these messages. */
function shown(messages: readonly Uint8Array[]): string {
  const doc = new Y.Doc();
  messages.forEach(message => Y.applyUpdate(doc, message.subarray(3)));
  return doc.getText('t').toJSON();
}

describe('the socket of an agent to its room', () => {
  const server = new WebSocketServer({ port: 0 });
  let gathers = false;
  let socket: WebSocket;
  let room: WebSocket;
  let heard: Uint8Array[];

  beforeEach(async () => {
    const { port } = server.address() as AddressInfo;
    const Socket = gatheringSocket('token', () => gathers);
    const joined = once(server, 'connection') as Promise<[WebSocket]>;
    socket = new Socket(`ws://127.0.0.1:${port}`);
    [room] = await joined;
    heard = [];
    room.on('message', (data: Buffer) => heard.push(new Uint8Array(data)));
    await once(socket, 'open');
  });
  afterEach(() => socket.terminate());

  const ended = async () => {
    socket.close();
    await once(room, 'close');
  };

  it('[LT7] sends each change by itself while somebody waits for it', async () => {
    gathers = false;
    const { messages } = typed(['a', 'b']);
    messages.forEach(message => socket.send(message));
    await ended();
    expect(heard).toEqual(messages);
  });

  it('[LT7] sends many changes as one, before the question whether they have come', async () => {
    gathers = true;
    const { messages, text } = typed(['a', 'b', 'c']);
    socket.send(messages[0]!);
    socket.send(messages[1]!);
    socket.send(CONFIRM);
    socket.send(messages[2]!);
    await ended();
    expect(heard).toHaveLength(2);
    expect(heard[1]).toEqual(CONFIRM);
    expect(shown(heard.slice(0, 1))).toBe(text);
  });

  it('[LT7] sends what must not wait by itself, behind what waits', async () => {
    const { messages } = typed(['a', 'b', 'c', 'd']);
    gathers = true;
    messages.slice(0, 2).forEach(message => socket.send(message));
    gathers = false;
    socket.send(messages[2]!);
    gathers = true;
    socket.send(messages[3]!);
    await ended();
    expect(heard).toHaveLength(3);
    expect(heard.slice(1)).toEqual(messages.slice(2));
  });

  it('[LT7] keeps the order when it stops to gather', async () => {
    gathers = true;
    const { messages, text } = typed(['a', 'b']);
    socket.send(messages[0]!);
    gathers = false;
    socket.send(messages[1]!);
    socket.send(CONFIRM);
    await ended();
    expect(heard.at(-1)).toEqual(CONFIRM);
    expect(shown(heard.slice(0, -1))).toBe(text);
  });
});
