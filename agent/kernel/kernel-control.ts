/**
 * The control side of a kernel through JupyterLab's own client: execute, probe, interrupt, restart.
 * Outputs are not taken from here: the websocket drops messages under load, the tap does not.
 */
import { KernelAPI, KernelConnection, KernelMessage, ServerConnection } from '@jupyterlab/services';
import WebSocket from 'ws';
import type { ExecutionId, JsonObject } from '../../schema/index.js';
import type {
  ExecuteReply,
  KernelControl,
  KernelInfo,
  KernelQuestion,
  ServerAccess,
  SessionKernel
} from '../ports/runtime.js';
import { KernelComms } from './kernel-comms.js';

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
  readonly #comms: KernelComms;
  #cut: () => void = () => undefined;
  #asked: (question: KernelQuestion) => void = () => undefined;
  #wasOpen = false;
  #closed = false;

  /**
   * `session` names this client towards the kernel. The kernel asks the client by the name that the
   * execute request bore: whoever goes on with a run must have the same.
   */
  constructor(access: ServerAccess, kernel: SessionKernel, session: string) {
    this.kernelId = kernel.kernelId;
    this.#connection = new ControlConnection({
      model: { id: kernel.kernelId, name: kernel.kernelName },
      serverSettings: serverSettings(access),
      handleComms: false,
      clientId: session,
      username: 'colophon-runtime'
    });
    this.#comms = new KernelComms(this.#connection);
    this.#connection.connectionStatusChanged.connect((_, status) => {
      const cut = status === 'disconnected' || (status === 'connecting' && this.#wasOpen);
      this.#wasOpen ||= status === 'connected';
      if (cut) {
        this.#onCut();
      }
    });
    this.#connection.owner = () => this.#onCut();
    this.#connection.anyMessage.connect((_, { msg, direction }) => {
      if (direction === 'recv' && KernelMessage.isInputRequestMsg(msg)) {
        this.#asked(readQuestion(msg));
      }
    });
  }

  execute(
    executionId: ExecutionId,
    code: string,
    metadata: JsonObject,
    onReply: (reply: ExecuteReply) => void
  ): void {
    const message = KernelMessage.createMessage<KernelMessage.IExecuteRequestMsg>({
      msgType: 'execute_request',
      channel: 'shell',
      session: this.#connection.clientId,
      username: this.#connection.username,
      msgId: executionId,
      metadata,
      content: {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: true,
        stop_on_error: false
      }
    });
    const future = this.#connection.sendShellMessage(message, true, true);
    future.onReply = reply => onReply(readReply(reply as KernelMessage.IExecuteReplyMsg));
    // The run has its own end; a restart cancels the future.
    future.done.catch(() => undefined);
  }

  onInfo(listener: (info: KernelInfo) => void): void {
    this.#connection.info.then(
      info => listener(readInfo(info)),
      // A connection that was cut, or a kernel that does not say: another one may.
      () => undefined
    );
  }

  onQuestion(listener: (question: KernelQuestion) => void): void {
    this.#asked = listener;
  }

  answer(requestId: string, value: string, onSending: () => void): void {
    const question: KernelMessage.IInputRequestMsg['header'] = {
      msg_id: requestId,
      msg_type: 'input_request',
      session: '',
      username: '',
      date: '',
      version: '5.3'
    };
    this.#onceConnected(() => {
      onSending();
      this.#connection.sendInputReply({ status: 'ok', value }, question);
    });
  }

  sendComm(commId: string, data: JsonObject): string {
    return this.#comms.send(commId, data);
  }

  askWidgets(): void {
    this.#comms.askWidgets();
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
    this.#onceConnected(() => {
      const future = this.#connection.sendShellMessage(message, true, true);
      future.done.catch(() => undefined);
    });
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

  /** Acts now, or once the connection is there. */
  #onceConnected(act: () => void): void {
    if (this.#connection.connectionStatus === 'connected') {
      act();
      return;
    }
    const once = (_: unknown, status: string): void => {
      if (status === 'connected') {
        this.#connection.connectionStatusChanged.disconnect(once);
        act();
      }
    };
    this.#connection.connectionStatusChanged.connect(once);
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

function readQuestion(message: KernelMessage.IInputRequestMsg): KernelQuestion {
  // Beyond the types: some kernels leave fields out.
  const { prompt, password } = message.content as { prompt?: unknown; password?: unknown };
  return {
    executionId: (message.parent_header as { msg_id?: string }).msg_id ?? null,
    requestId: message.header.msg_id,
    prompt: typeof prompt === 'string' ? prompt : '',
    password: password === true
  };
}

function readInfo(info: KernelMessage.IInfoReply): KernelInfo {
  // Beyond the types: some kernels leave fields out.
  const { implementation, implementation_version, language_info } = info as {
    implementation?: unknown;
    implementation_version?: unknown;
    language_info?: { name?: unknown; version?: unknown };
  };
  return {
    language: textOrNull(language_info?.name),
    languageVersion: textOrNull(language_info?.version),
    implementation: textOrNull(implementation),
    implementationVersion: textOrNull(implementation_version)
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function readReply(reply: KernelMessage.IExecuteReplyMsg): ExecuteReply {
  // Beyond the types: some kernels leave fields out, and older ones say `abort`.
  const content = reply.content as {
    status: string;
    execution_count?: number;
    ename?: string;
    evalue?: string;
    payload?: unknown;
  };
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
    ...(content.status === 'ok' && readPayload(content.payload))
  };
}

type Payload = Pick<ExecuteReply, 'page' | 'nextInput'>;

/** As JupyterLab reads it: the first of each source, of a reply that is ok. */
function readPayload(payload: unknown): Payload {
  const parts = (Array.isArray(payload) ? payload : []) as (Record<string, unknown> | null)[];
  const page = parts.find(part => part?.source === 'page')?.data;
  const next = parts.find(part => part?.source === 'set_next_input');
  return {
    ...(typeof page === 'object' &&
      page !== null && { page: page as NonNullable<Payload['page']> }),
    ...(typeof next?.text === 'string' && {
      nextInput: { text: next.text, replace: next.replace === true }
    })
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
