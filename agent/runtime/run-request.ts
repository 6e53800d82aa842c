/**
 * The request of a run to its kernel, asked after when it may have been lost. Guarantees: it is given to
 * the kernel again only once the kernel has answered that it does not have it.
 */
import type { Clock, Ids } from '../ports/inputs.js';
import type { EnteredRoom, ExecuteReply, TapItem } from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';
import type { NotebookKernel } from './notebook-kernel.js';
import { pageMessage } from './page-message.js';
import { RunProbe } from './run-probe.js';
import type { RunStops } from './run-stops.js';
import { endOf, type Over } from './take-over.js';

export interface RequestWorld {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly kernel: Pick<NotebookKernel, 'control' | 'renewControl'>;
  readonly stops: Pick<RunStops, 'sent'>;
  /** Undefined until it is joined. */
  readonly room: () => Pick<EnteredRoom, 'runMetadata' | 'takeLate'> | undefined;
}

export class RunRequest {
  readonly #world: RequestWorld;
  readonly #probe: RunProbe;

  constructor(world: RequestWorld) {
    this.#world = world;
    this.#probe = new RunProbe({
      clock: world.clock,
      ids: world.ids,
      control: () => world.kernel.control,
      renewControl: () => world.kernel.renewControl()
    });
  }

  /** Sends it; the run ends if there is no kernel any more. */
  send(execution: CellExecution): void {
    const { kernel, room, stops } = this.#world;
    const { executionId, cellId, source } = execution.run;
    const { control } = kernel;
    if (control === undefined) {
      execution.end({ outcome: 'interrupted', reason: 'The kernel was shut down.' });
      return;
    }
    execution.sent();
    stops.sent();
    const metadata = room()?.runMetadata(cellId) ?? {};
    control.execute(executionId, source, metadata, reply => {
      if (reply.page !== undefined) {
        this.#showPage(execution, reply.page);
      }
      execution.replied(reply);
    });
  }

  /** Asks the kernel whether it has the request of this run. */
  askAfter(execution: CellExecution): void {
    this.#probe.ask(execution);
  }

  /** What is still to be answered was asked about an earlier run. */
  forget(): void {
    this.#probe.forget();
  }

  /** Takes every item of the tap behind the run. `end`: of a run that is over in the kernel. */
  hear(item: TapItem, execution: CellExecution, end: Over['end'] | undefined): void {
    if (!this.#probe.hear(item, execution)) {
      return;
    }
    if (execution.restarted || execution.taken) {
      execution.endLost();
    } else if (end !== undefined) {
      execution.end(endOf(end));
    } else if (!execution.ended) {
      // Also if it was interrupted: what an earlier connection brought may yet be taken.
      this.send(execution);
    }
  }

  #showPage(execution: CellExecution, page: NonNullable<ExecuteReply['page']>): void {
    const message = pageMessage(execution.run.executionId, page);
    if (execution.ended) {
      this.#world.room()?.takeLate(message);
    } else {
      execution.showAtEnd(message);
    }
  }
}
