/**
 * Shows what a run captures in Output widgets at once, in every page. JupyterLab does so only in the page
 * that runs the cell itself, and a kernel that runs a cell cannot tell: it hears nothing meanwhile. So
 * each page captures as the agent does, and gives the result to its own widgets, as if the kernel had
 * told them. Guarantees: nothing is sent to the kernel; when the run is over, the agent gives the kernel
 * what was captured, and its word replaces ours.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import { KernelMessage, type Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { OutputWidgets } from '../../agent/core/outputs/output-widgets.js';

/** Milliseconds between two updates; one more for so many characters of the last one. */
const PACE = 100;
const CHARACTERS_PER_MILLISECOND = 1000;

/** How the sessions of agents towards kernels begin. */
const AGENT = 'colophon-';

/** Where JupyterLab's connection keeps its comms; not in its interface. */
interface WithComms {
  readonly _comms?: ReadonlyMap<string, Pick<Kernel.IComm, 'onMsg'>>;
}

export class LiveOutputs implements IDisposable {
  constructor(private readonly session: ISessionContext) {
    session.iopubMessage.connect(this.take, this);
    session.kernelChanged.connect(this.forget, this);
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private take(_: ISessionContext, message: KernelMessage.IMessage): void {
    const parent = message.parent_header as { msg_id?: string; session?: string };
    const run = parent.session?.startsWith(AGENT) === true ? parent.msg_id : undefined;
    const { changed } = this.widgets.take(
      {
        header: message.header,
        parent_header: message.parent_header,
        content: message.content as unknown as Record<string, unknown>
      },
      isOutput(message),
      // After its run, what the agent has told the kernel comes back, and counts.
      { run, sent: () => false }
    );
    if (changed !== undefined && run !== undefined) {
      this.changed.set(changed, run);
      this.timer ??= setTimeout(() => this.show(), this.pause);
    }
    if (KernelMessage.isStatusMsg(message) && message.content.execution_state === 'idle') {
      this.show();
    }
  }

  private show(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const kernel = this.session.session?.kernel;
    let characters = 0;
    for (const [commId, run] of this.changed) {
      const outputs = [...this.widgets.outputs(commId)];
      const data = { method: 'update', state: { outputs }, buffer_paths: [] };
      characters += JSON.stringify(data).length;
      void (kernel as WithComms | undefined)?._comms?.get(commId)?.onMsg(told(commId, data, run));
    }
    this.changed.clear();
    this.pause = PACE + characters / CHARACTERS_PER_MILLISECOND;
  }

  /** Widgets live and die with their kernel. */
  private forget(): void {
    this.widgets = new OutputWidgets();
    this.changed.clear();
  }

  private widgets = new OutputWidgets();
  /** Widgets to be shown anew, with the run that changed them. */
  private readonly changed = new Map<string, string>();
  private pause = PACE;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
}

const OUTPUTS: readonly ((message: KernelMessage.IMessage) => boolean)[] = [
  KernelMessage.isStreamMsg,
  KernelMessage.isDisplayDataMsg,
  KernelMessage.isUpdateDisplayDataMsg,
  KernelMessage.isExecuteResultMsg,
  KernelMessage.isErrorMsg,
  KernelMessage.isClearOutputMsg
];

function isOutput(message: KernelMessage.IMessage): boolean {
  return OUTPUTS.some(is => is(message));
}

/** The message with which the kernel would tell of a change. */
function told(commId: string, data: object, run: string): KernelMessage.ICommMsgMsg<'iopub'> {
  return KernelMessage.createMessage<KernelMessage.ICommMsgMsg<'iopub'>>({
    channel: 'iopub',
    msgType: 'comm_msg',
    session: '',
    content: { comm_id: commId, data: data as KernelMessage.ICommMsgMsg['content']['data'] },
    parentHeader: { msg_id: run } as KernelMessage.IHeader<'execute_request'>
  });
}
