/**
 * A runtime's own connection to a kernel: JupyterLab's, with the runtime's token, without what only a
 * page needs.
 */
import { KernelConnection, KernelMessage, ServerConnection } from '@jupyterlab/services';
import WebSocket from 'ws';
import type { ServerAccess } from '../ports/runtime.js';

/**
 * JupyterLab's connection without its own repairs: its owner decides what follows a cut, and a
 * request that a cut has cancelled is no error. A request is over with its reply: what the kernel
 * publishes, and with it that it is idle, the server leaves to the tap.
 */
export class ControlConnection extends KernelConnection {
  owner: () => void = () => undefined;
  /** What the kernel says of itself, once it does. */
  onInfo: (info: KernelMessage.IInfoReplyMsg['content']) => void = () => undefined;

  /** Without `onReply` nobody waits for one. */
  ask(
    message: KernelMessage.IShellMessage,
    onReply?: (reply: KernelMessage.IShellMessage) => void
  ): void {
    const future = this.sendShellMessage(message, onReply !== undefined, true);
    // A restart cancels it, as its disposal does.
    future.done.catch(() => undefined);
    if (onReply === undefined) {
      future.dispose();
      return;
    }
    future.onReply = reply => {
      onReply(reply);
      future.dispose();
    };
  }

  override reconnect(): Promise<void> {
    this.owner();
    return Promise.resolve();
  }

  override requestKernelInfo(): Promise<KernelMessage.IInfoReplyMsg | undefined> {
    const asked = new Promise<KernelMessage.IInfoReplyMsg>(resolve => {
      this.ask(this.infoRequest(crypto.randomUUID()), reply => {
        const told = reply as KernelMessage.IInfoReplyMsg;
        this.onInfo(told.content);
        resolve(told);
      });
    });
    return asked.catch(() => undefined);
  }

  infoRequest(msgId: string): KernelMessage.IInfoRequestMsg {
    return KernelMessage.createMessage<KernelMessage.IInfoRequestMsg>({
      msgType: 'kernel_info_request',
      channel: 'shell',
      session: this.clientId,
      username: this.username,
      msgId,
      content: {}
    });
  }
}

export function serverSettings(access: ServerAccess): ServerConnection.ISettings {
  const token = access.token;
  class AgentWebSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, {
        headers: { 'Colophon-Agent-Token': token },
        perMessageDeflate: false
      });
    }
  }
  return ServerConnection.makeSettings({
    baseUrl: access.baseUrl,
    wsUrl: access.baseUrl.replace(/^http/, 'ws'),
    token: '',
    appendToken: false,
    // ws implements what the client uses of the browser's WebSocket.
    WebSocket: AgentWebSocket as unknown as typeof globalThis.WebSocket,
    fetch: (input: string | URL | Request, init?: RequestInit) => {
      const request = new Request(input, init);
      request.headers.set('Colophon-Agent-Token', token);
      request.headers.set('Content-Type', 'application/json');
      return fetch(request);
    }
  });
}
