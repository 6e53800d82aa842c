/**
 * The control side of a kernel through JupyterLab's own client: execute, probe, interrupt, restart.
 * Outputs are not taken from here: the websocket drops messages under load, the tap does not.
 */
import { KernelAPI, KernelConnection, KernelMessage, ServerConnection } from '@jupyterlab/services';
import WebSocket from 'ws';
import type { ExecutionId } from '../../schema/index.js';
import type { ExecuteReply, KernelControl, ServerAccess, SessionKernel } from '../ports/runtime.js';

/**
 * JupyterLab's connection without its own repairs: its owner decides what follows a cut, and a
 * request that a cut has cancelled is no error.
 */
class ControlConnection extends KernelConnection {
  owner: () => void = () => undefined;

  override reconnect(): Promise<void> {
    this.owner();
    return Promise.resolve();
  }

  override requestKernelInfo(): Promise<KernelMessage.IInfoReplyMsg | undefined> {
    return super.requestKernelInfo().catch(() => undefined);
  }
}

export class ServicesKernelControl implements KernelControl {
  readonly kernelId: string;
  readonly #connection: ControlConnection;
  #cut: () => void = () => undefined;
  #wasOpen = false;
  #closed = false;

  constructor(access: ServerAccess, kernel: SessionKernel) {
    this.kernelId = kernel.kernelId;
    this.#connection = new ControlConnection({
      model: { id: kernel.kernelId, name: kernel.kernelName },
      serverSettings: serverSettings(access),
      handleComms: false,
      username: 'colophon-runtime'
    });
    this.#connection.connectionStatusChanged.connect((_, status) => {
      const cut = status === 'disconnected' || (status === 'connecting' && this.#wasOpen);
      this.#wasOpen ||= status === 'connected';
      if (cut) {
        this.#onCut();
      }
    });
    this.#connection.owner = () => this.#onCut();
  }

  execute(executionId: ExecutionId, code: string, onReply: (reply: ExecuteReply) => void): void {
    const message = KernelMessage.createMessage<KernelMessage.IExecuteRequestMsg>({
      msgType: 'execute_request',
      channel: 'shell',
      session: this.#connection.clientId,
      username: this.#connection.username,
      msgId: executionId,
      content: {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: false
      }
    });
    const future = this.#connection.sendShellMessage(message, true, true);
    future.onReply = reply => onReply(readReply(reply as KernelMessage.IExecuteReplyMsg));
    // The run has its own end; a restart cancels the future.
    future.done.catch(() => undefined);
  }

  probe(messageId: string): void {
    const message = KernelMessage.createMessage<KernelMessage.IInfoRequestMsg>({
      msgType: 'kernel_info_request',
      channel: 'shell',
      session: this.#connection.clientId,
      username: this.#connection.username,
      msgId: messageId,
      content: {}
    });
    const send = (): void => {
      const future = this.#connection.sendShellMessage(message, true, true);
      future.done.catch(() => undefined);
    };
    if (this.#connection.connectionStatus === 'connected') {
      send();
      return;
    }
    const once = (_: unknown, status: string): void => {
      if (status === 'connected') {
        this.#connection.connectionStatusChanged.disconnect(once);
        send();
      }
    };
    this.#connection.connectionStatusChanged.connect(once);
  }

  onCut(listener: () => void): void {
    this.#cut = listener;
  }

  interrupt(): Promise<void> {
    return KernelAPI.interruptKernel(this.kernelId, this.#connection.serverSettings);
  }

  restart(): Promise<void> {
    // Not the connection's own restart: that reconnects, which the owner does.
    return KernelAPI.restartKernel(this.kernelId, this.#connection.serverSettings);
  }

  close(): void {
    this.#closed = true;
    this.#connection.dispose();
  }

  #onCut(): void {
    if (!this.#closed) {
      // Its own reconnection would send again what may have arrived: the owner decides instead.
      this.#closed = true;
      // Not in its own callback: it would plan an attempt that disposing has to take back.
      queueMicrotask(() => this.#connection.dispose());
      this.#cut();
    }
  }
}

function readReply(reply: KernelMessage.IExecuteReplyMsg): ExecuteReply {
  // Beyond the types: some kernels leave fields out, and older ones say `abort`.
  const content = reply.content as {
    status: string;
    execution_count?: number;
    ename?: string;
    evalue?: string;
    payload?: { source?: unknown; data?: ExecuteReply['page'] }[];
  };
  const page = content.payload?.find(({ source }) => source === 'page')?.data;
  const started = (reply.metadata as { started?: unknown }).started;
  return {
    status: content.status === 'ok' || content.status === 'error' ? content.status : 'aborted',
    executionCount: content.execution_count ?? null,
    error:
      content.status === 'error'
        ? { ename: content.ename ?? 'Error', evalue: content.evalue ?? '' }
        : null,
    startedAt: typeof started === 'string' ? started : null,
    repliedAt: reply.header.date === '' ? null : reply.header.date,
    ...(page !== undefined && { page })
  };
}

function serverSettings(access: ServerAccess): ServerConnection.ISettings {
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
