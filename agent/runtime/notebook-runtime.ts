/**
 * The runtime of one notebook: takes the host's messages, runs one cell at a time, and answers. Its
 * guarantees: every run that was taken is finished with exactly one `finished`, and a run that an
 * earlier agent left is gone on with or ended, never run twice.
 */
import type { CellId, FromAgent, ToAgent } from '../../schema/index.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { ALL_KEPT } from '../ports/runtime.js';
import type {
  EnteredRoom,
  ExecuteReply,
  IopubMessage,
  KernelQuestion,
  Kernels,
  NotebookRoom,
  RunMark,
  TapItem
} from '../ports/runtime.js';
import { CellExecution } from './cell-execution.js';
import { KernelCheck } from './kernel-check.js';
import { KernelEnvironment } from './kernel-environment.js';
import { NotebookKernel } from './notebook-kernel.js';
import { endAtLimit } from './run-limits.js';
import { RunProbe } from './run-probe.js';
import { NO_PROGRESS, type RunEnd } from './run-progress.js';
import { RunQuestions, type Answer } from './run-questions.js';
import { finishedReport, type Run } from './run-report.js';
import { WidgetOutputs } from './widget-outputs.js';
import { WidgetState } from './widget-state.js';

type Join = Extract<ToAgent, { type: 'join' }>;

/** Within this time after a restart was granted, the tap tells of it. Milliseconds. */
const RESTART_PATIENCE = 30_000;

export interface RuntimeWorld {
  readonly kernels: Kernels;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (message: FromAgent) => void;
  /** Ends this runtime at once, without a further write. */
  readonly fail: (reason: string) => never;
  /** For the log, one line. */
  readonly note: (line: string) => void;
}

export class NotebookRuntime {
  readonly #world: RuntimeWorld;
  readonly #kernel: NotebookKernel;
  readonly #widgets: WidgetOutputs;
  readonly #widgetState: WidgetState;
  readonly #environment: KernelEnvironment;
  readonly #kernelCheck: KernelCheck;
  readonly #probe: RunProbe;
  readonly #questions: RunQuestions;
  readonly #entered: Promise<NotebookRoom>;
  #enter!: (room: NotebookRoom) => void;
  #room: EnteredRoom | undefined;
  #queue: Promise<void> = Promise.resolve();
  #current: { readonly run: Run; execution?: CellExecution; interrupted?: true } | undefined;
  #resumed: CellId | undefined;
  #restarting: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, world: RuntimeWorld) {
    this.#world = world;
    this.#entered = new Promise(resolve => (this.#enter = resolve));
    this.#widgets = new WidgetOutputs(world.clock, () => this.#kernel.control);
    this.#widgetState = new WidgetState({
      clock: world.clock,
      control: () => this.#kernel.control,
      running: () => this.#current !== undefined
    });
    this.#environment = new KernelEnvironment(world.report);
    this.#kernelCheck = new KernelCheck(world.clock, () => void this.attach());
    this.#questions = new RunQuestions(world.report, () => this.#kernel.control);
    this.#probe = new RunProbe({
      clock: world.clock,
      ids: world.ids,
      control: () => this.#kernel.control,
      renewControl: () => this.#kernel.renewControl()
    });
    this.#kernel = new NotebookKernel(world.kernels, path, world.clock, world.report, {
      onItem: item => this.#take(item),
      onQuestion: question => this.#asked(question),
      onLost: reason => this.#current?.execution?.end({ outcome: 'interrupted', reason }),
      onTakenAway: reason => world.fail(reason),
      onAttached: kernel => this.#environment.attached(kernel),
      onInfo: info => this.#environment.said(info),
      onEnvironment: told => this.#environment.told(told),
      onControlReplaced: () => this.#controlReplaced()
    });
  }

  /** Attaches to the kernel that the notebook has already; does nothing if it has none. */
  async attach(): Promise<void> {
    try {
      await this.#kernel.follow(() => this.#current === undefined);
    } catch (error) {
      // A run will try again and tell its requester.
      this.#world.note(`No kernel yet: ${messageOf(error)}`);
    }
  }

  /** The room is joined: runs begin. */
  enter(room: EnteredRoom): void {
    room.quieten(this.#resumed);
    this.#room = room;
    this.#enter(room);
    this.#widgetState.enter(room.widgets);
    const kernel = this.#kernel.current;
    this.#world.report({
      type: 'ready',
      kernelId: kernel?.kernelId ?? null,
      kernelName: kernel?.kernelName ?? null
    });
  }

  /** A run that an earlier agent left; to be called before any other run. */
  resume({ run, kernelId }: NonNullable<Join['resume']>): void {
    this.#resumed = run.cellId;
    this.#enqueue(run, room => this.#resume(room, run, kernelId));
  }

  run(run: Run): void {
    this.#enqueue(run, room => this.#execute(room, run));
  }

  /** Gives a person's answer to the kernel, once; passed over if the run has ended. */
  answer(answer: Answer): void {
    const { run, execution } = this.#current ?? {};
    if (run?.executionId !== answer.executionId || execution?.ended === true) {
      return;
    }
    this.#questions.keep(answer);
    if (execution !== undefined) {
      this.#questions.send(execution);
    }
  }

  interrupt(): void {
    const { execution } = this.#current ?? {};
    if (this.#current !== undefined && execution === undefined) {
      this.#current.interrupted = true;
    }
    this.#kernel.control?.interrupt().catch((error: unknown) => {
      this.#world.note(`The kernel could not be interrupted: ${messageOf(error)}`);
    });
  }

  restartKernel(): void {
    const { control } = this.#kernel;
    const before = this.#current?.execution;
    if (control !== undefined) {
      this.#kernel.awaitRestart();
    }
    this.#restarting = (control?.restart() ?? Promise.resolve()).then(
      () => {
        this.#world.clock.after(RESTART_PATIENCE, () => before?.restartUntold());
      },
      (error: unknown) => this.#world.note(`The kernel could not be restarted: ${messageOf(error)}`)
    );
  }

  moved(path: string): void {
    this.#kernel.moved(path);
  }

  /** Whoever holds the kernel's tap gets nothing more from it; it goes on when nobody does. */
  hold(who: string, held: boolean): void {
    this.#kernel.hold(who, held);
  }

  /** Writes what it has, and nothing more once this settles; runs nothing more, and tells no end. */
  async close(): Promise<void> {
    this.#closed = true;
    const written = this.#current?.execution?.leave();
    this.#widgetState.close();
    this.#kernel.close();
    await written;
  }

  #enqueue(run: Run, perform: (room: NotebookRoom) => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      const room = await this.#entered;
      this.#current = { run };
      try {
        await this.#restarting;
        await perform(room);
      } catch (error) {
        // No kernel, or no server: the world's failure, told to the one who asked.
        await this.#giveUp(run, { outcome: 'interrupted', reason: messageOf(error) });
      }
      this.#current = undefined;
      this.#widgetState.runEnded();
      // A run that was to be gone on with, and could not, leaves what came for it.
      this.#kernel.release();
      this.#kernel.watch(undefined);
      // Lab may have switched kernels meanwhile: the next run uses what it shows.
      this.#kernelCheck.runEnded();
    });
  }

  async #execute(room: NotebookRoom, run: Run): Promise<void> {
    const execution = await this.#prepare(room, run);
    if (execution === undefined) {
      return;
    }
    execution.begin(() => this.#send(execution));
    await execution.done;
  }

  async #prepare(room: NotebookRoom, run: Run): Promise<CellExecution | undefined> {
    const kernel = await this.#kernel.ensure(room.kernelName());
    const { position } = this.#kernel;
    if (this.#current?.interrupted === true || position === undefined) {
      this.#finishUnrun(run, {
        outcome: 'interrupted',
        reason: position === undefined ? 'The kernel was shut down.' : 'The run was interrupted.'
      });
      return undefined;
    }
    return this.#open(run, room, kernel, position);
  }

  async #resume(room: NotebookRoom, run: Run, kernelId: string | null): Promise<void> {
    const before = markOf(room, run);
    const wanted = before?.kernelId ?? kernelId;
    const attached = await this.#kernel.resume(wanted, before ?? ALL_KEPT);
    const kernel = this.#kernel.current;
    if (attached === undefined || kernel === undefined) {
      if (wanted === null) {
        await this.#execute(room, run);
        return;
      }
      const reason = 'The kernel was shut down or changed while the runtime was away.';
      await this.#abandon(room, run, wanted, reason);
      return;
    }
    // An older agent that still lives has written on until the tap was ours.
    await room.confirmed();
    const mark = markOf(room, run);
    const execution = this.#open(run, room, kernel, mark ?? attached);
    if (mark === undefined) {
      if (!execution.begin(() => undefined)) {
        await execution.done;
        return;
      }
    } else {
      execution.resume(mark.progress);
      if (mark.tap !== attached.tap || (attached.lost && mark.seq < attached.seq)) {
        const reason = 'Outputs of the kernel were lost while the runtime was away.';
        execution.end({ outcome: 'interrupted', reason });
      }
    }
    this.#kernel.release();
    this.#askWhetherLost(execution);
    this.#questions.send(execution);
    await execution.done;
  }

  /** The kernel is gone: leaves no cell that seems to run. */
  async #abandon(room: NotebookRoom, run: Run, kernelId: string, reason: string): Promise<void> {
    const mark = markOf(room, run);
    if (mark !== undefined) {
      const cell = room.cellRun(run.cellId);
      cell.resume();
      cell.close(mark);
      await cell.work;
      cell.end(mark);
    }
    room.quieten();
    this.#world.note(`Kernel ${kernelId} is gone`);
    this.#finishUnrun(run, endAtLimit({ outcome: 'interrupted', reason }, mark?.progress.limit));
  }

  #open(
    run: Run,
    room: NotebookRoom,
    kernel: { kernelId: string; kernelName: string },
    position: { tap: string; seq: number }
  ): CellExecution {
    const execution = new CellExecution(
      run,
      {
        room,
        kernel: { kernelId: kernel.kernelId, kernelName: kernel.kernelName },
        clock: this.#world.clock,
        report: this.#world.report,
        acknowledge: position => this.#kernel.acknowledge(position),
        hold: held => this.hold('run', held),
        environment: () => this.#environment.ofEnded(run.executionId)
      },
      { tap: position.tap, seq: position.seq }
    );
    this.#current = { run, execution };
    if (this.#closed) {
      void execution.leave();
    }
    // What is still to be answered was asked about an earlier run.
    this.#probe.forget();
    this.#kernel.watch({ executionId: run.executionId, limits: room.limits() ?? null });
    return execution;
  }

  #send(execution: CellExecution): void {
    const { executionId, cellId, source } = execution.run;
    const { control } = this.#kernel;
    if (control === undefined) {
      execution.end({ outcome: 'interrupted', reason: 'The kernel was shut down.' });
      return;
    }
    execution.sent();
    const metadata = this.#room?.runMetadata(cellId) ?? {};
    control.execute(executionId, source, metadata, reply => {
      if (reply.page !== undefined) {
        this.#showPage(execution, reply.page);
      }
      execution.replied(reply);
    });
  }

  /** As JupyterLab does: the page becomes an output of the cell, whether the run is over by now or not. */
  #showPage(execution: CellExecution, page: NonNullable<ExecuteReply['page']>): void {
    const { executionId } = execution.run;
    const message: IopubMessage = {
      header: { msg_id: `${executionId}-page`, msg_type: 'display_data' },
      parent_header: { msg_id: executionId },
      metadata: {},
      content: { data: page, metadata: {} }
    };
    if (execution.ended) {
      this.#room?.takeLate(message);
    } else {
      execution.showAtEnd(message);
    }
  }

  #askWhetherLost(execution: CellExecution): void {
    if (!execution.ended) {
      this.#probe.ask();
    }
  }

  #asked(question: KernelQuestion): void {
    const { run, execution } = this.#current ?? {};
    if (run !== undefined && execution?.ended !== true) {
      this.#questions.asked(question, run);
    }
  }

  #controlReplaced(): void {
    const execution = this.#current?.execution;
    if (execution !== undefined) {
      execution.replyLost();
      this.#askWhetherLost(execution);
      this.#questions.send(execution);
    }
  }

  #take(heard: TapItem): void {
    this.#widgetState.take(heard);
    const item = this.#widgets.take(heard, this.#current?.run.executionId);
    if ('message' in item) {
      this.#room?.takeLate(item.message);
    }
    const execution = this.#current?.execution;
    if (execution === undefined) {
      this.#kernel.acknowledgeIdle(() => this.#current === undefined);
      return;
    }
    execution.take(item);
    if ('event' in item && item.event === 'restarted') {
      this.#probe.forget();
      if (!execution.ended) {
        // Was the request for the old process or for the new one?
        this.#probe.askAfterRestart(() => execution.taken);
      }
    }
    if (this.#probe.isAnsweredBy(item)) {
      if (execution.restarted || execution.taken) {
        execution.endLost();
      } else if (!execution.ended) {
        this.#send(execution);
      }
    }
  }

  async #giveUp(run: Run, end: RunEnd): Promise<void> {
    const execution = this.#current?.execution;
    if (execution === undefined) {
      this.#finishUnrun(run, end);
    } else {
      execution.end(end);
      await execution.done;
    }
  }

  #finishUnrun(run: Run, end: RunEnd): void {
    const now = new Date(this.#world.clock.now()).toISOString();
    this.#world.report(finishedReport(run, end, NO_PROGRESS, now));
  }
}

/** How far the room's outputs of this run go; undefined if they are of another run. */
function markOf(room: NotebookRoom, run: Run): RunMark | undefined {
  const mark = room.mark();
  return mark?.executionId === run.executionId ? mark : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
