/**
 * The control side of a kernel through JupyterLab's own client: execute, probe, interrupt, restart.
 * Outputs are not taken from here: the websocket drops messages under load, the tap does not.
 */
import { KernelAPI, KernelMessage } from '@jupyterlab/services';
import type { ExecutionId, JsonObject } from '../../schema/index.js';
import type {
  ExecuteReply,
  KernelControl,
  KernelInfo,
  KernelQuestion,
  ServerAccess,
  SessionKernel
} from '../ports/runtime.js';
import { ControlConnection, serverSettings } from './control-connection.js';
import { KernelComms } from './kernel-comms.js';
import { readInfo, readQuestion, readReply } from './kernel-replies.js';

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
    this.#connection.ask(message, reply =>
      onReply(readReply(reply as KernelMessage.IExecuteReplyMsg))
    );
  }

  onInfo(listener: (info: KernelInfo) => void): void {
    this.#connection.onInfo = info => listener(readInfo(info));
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
    const message = this.#connection.infoRequest(messageId);
    this.#onceConnected(() => this.#connection.ask(message));
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
