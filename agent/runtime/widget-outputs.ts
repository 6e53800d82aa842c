/**
 * What a run shows inside Output widgets: taken out of the tap's items before the cell gets them, and
 * given to the kernel, which keeps it and tells every page. Guarantees: what was taken is sent once the
 * run is over, before the next one, because the kernel would not hear it earlier; what comes after the
 * run's end at most every tenth of a second.
 */
import { OutputWidgets } from '../core/outputs/output-widgets.js';
import type { Clock } from '../ports/inputs.js';
import { isOutput, type IopubMessage, type KernelControl, type TapItem } from '../ports/runtime.js';

/** Milliseconds between two updates of widgets. */
const PACE = 100;

export class WidgetOutputs {
  readonly #clock: Clock;
  readonly #control: () => KernelControl | undefined;
  readonly #widgets = new OutputWidgets();
  readonly #sent = new Set<string>();
  readonly #changed = new Set<string>();
  #waiting = false;
  #busy = false;

  constructor(clock: Clock, control: () => KernelControl | undefined) {
    this.#clock = clock;
    this.#control = control;
  }

  /** The item as it is for everything else; `run` is the execution that is running. */
  take(item: TapItem, run: string | undefined): TapItem {
    if (!('message' in item)) {
      return item;
    }
    const { message } = item;
    const own = { run, sent: (id: string): boolean => this.#sent.has(id) };
    const { captured, changed, ask } = this.#widgets.take(message, isOutput(message), own);
    if (ask !== undefined) {
      this.#send(ask, { method: 'request_state' }, false);
    }
    if (changed !== undefined) {
      this.#changed.add(changed);
      this.#later();
    }
    if (message.header.msg_type === 'status' && message.parent_header.msg_id === run) {
      this.#busy = message.content.execution_state === 'busy';
      this.#flush();
    }
    return captured ? { seq: item.seq, message: withoutOutput(message) } : item;
  }

  #later(): void {
    if (!this.#waiting) {
      this.#waiting = true;
      this.#clock.after(PACE, () => {
        this.#waiting = false;
        this.#flush();
      });
    }
  }

  #flush(): void {
    if (this.#busy) {
      return;
    }
    for (const commId of this.#changed) {
      const state = { outputs: [...this.#widgets.outputs(commId)] };
      this.#send(commId, { method: 'update', state, buffer_paths: [] }, true);
    }
    this.#changed.clear();
  }

  /** `echoed`: the kernel tells us, too, what we have told it. */
  #send(commId: string, data: Parameters<KernelControl['sendComm']>[1], echoed: boolean): void {
    const messageId = this.#control()?.sendComm(commId, data);
    if (messageId !== undefined && echoed) {
      this.#sent.add(messageId);
    }
  }
}

/** For the cell's run: it has come, and shows nothing. */
function withoutOutput(message: IopubMessage): IopubMessage {
  return { ...message, header: { ...message.header, msg_type: 'captured' } };
}
