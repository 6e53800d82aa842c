/** What the runtime sends to the widgets of a kernel, in the queue of its requests. */
import { KernelMessage } from '@jupyterlab/services';
import type { JsonObject } from '../../schema/index.js';
import type { ControlConnection } from './control-connection.js';

/** The comm by which a front end asks for all widgets, and the version of what it speaks there. */
const CONTROL_TARGET = 'jupyter.widget.control';
const CONTROL_VERSION = '1.0.0';

type CommMessage = KernelMessage.IOptions<KernelMessage.ICommMsgMsg<'shell'>>;

export class KernelComms {
  readonly #connection: ControlConnection;

  constructor(connection: ControlConnection) {
    this.#connection = connection;
  }

  /** Gives the message's id. */
  send(commId: string, data: JsonObject): string {
    return this.#send('comm_msg', { comm_id: commId, data });
  }

  /** Asks the kernel for the states of all its widgets; IOPub has the answer. */
  askWidgets(): void {
    const comm_id = crypto.randomUUID();
    this.#send('comm_open', { comm_id, target_name: CONTROL_TARGET, data: {} });
    this.#send('comm_msg', { comm_id, data: { method: 'request_states' } });
    this.#send('comm_close', { comm_id, data: {} });
  }

  #send(msgType: 'comm_open' | 'comm_msg' | 'comm_close', content: JsonObject): string {
    const { clientId, username } = this.#connection;
    const message = KernelMessage.createMessage({
      msgType,
      channel: 'shell',
      session: clientId,
      username,
      metadata: { version: CONTROL_VERSION },
      content
    } as unknown as CommMessage);
    this.#connection.ask(message);
    return message.header.msg_id;
  }
}
