/**
 * The runtime of one notebook: takes the host's messages, runs one cell at a time, and answers. Its
 * guarantees: every run that was taken is finished with exactly one `finished`, and a run that an
 * earlier agent left is gone on with or ended, never run twice.
 */
import type { FromAgent } from '../../schema/index.js';
import { reasonOf } from '../core/explain.js';
import type { Clock, Ids } from '../ports/inputs.js';
import type { EnteredRoom, Kernels, TapItem } from '../ports/runtime.js';
import type { CellExecution } from './cell-execution.js';
import { EndOrder } from './end-order.js';
import { KernelCheck } from './kernel-check.js';
import { KernelChoice } from './kernel-choice.js';
import { KernelEnvironment } from './kernel-environment.js';
import { NotebookKernel } from './notebook-kernel.js';
import { RunQuestions, type Answer } from './run-questions.js';
import { RunQueue } from './run-queue.js';
import type { Run } from './run-report.js';
import { RunRequest } from './run-request.js';
import { RunStops } from './run-stops.js';
import { TakeOver, type Left } from './take-over.js';
import { WidgetOutputs } from './widget-outputs.js';
import { WidgetState } from './widget-state.js';

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
  readonly #choice: KernelChoice;
  readonly #widgets: WidgetOutputs;
  readonly #widgetState: WidgetState;
  readonly #environment: KernelEnvironment;
  readonly #kernelCheck: KernelCheck;
  readonly #request: RunRequest;
  readonly #questions: RunQuestions;
  readonly #stops: RunStops;
  readonly #ends: EndOrder;
  readonly #queue: RunQueue;
  #room: EnteredRoom | undefined;
  /** What an earlier agent left. */
  #takeOver: TakeOver | undefined;

  constructor(path: string, world: RuntimeWorld) {
    this.#world = world;
    const { clock, ids, kernels, report, note } = world;
    const control = () => this.#kernel.control;
    const running = () => this.#queue.current !== undefined;
    this.#widgets = new WidgetOutputs(clock, control);
    this.#widgetState = new WidgetState({ clock, control, running });
    this.#environment = new KernelEnvironment(report);
    this.#kernelCheck = new KernelCheck(clock, () => void this.attach());
    this.#questions = new RunQuestions({ report, control, asking: () => this.#queue.asking });
    this.#stops = new RunStops({ clock, kernel: () => this.#kernel, note });
    this.#ends = new EndOrder(clock, report);
    this.#kernel = new NotebookKernel(kernels, clock, report, {
      onItem: item => this.#take(item),
      onQuestion: question => this.#questions.asked(question),
      onLost: reason => this.#queue.current?.execution?.end({ outcome: 'interrupted', reason }),
      onTakenAway: reason => world.fail(reason),
      onAttached: kernel => this.#environment.attached(kernel),
      onInfo: info => this.#environment.said(info),
      onEnvironment: told => this.#environment.told(told),
      onControlReplaced: () => this.#controlReplaced()
    });
    this.#request = new RunRequest({
      ...{ clock, ids },
      kernel: this.#kernel,
      stops: this.#stops,
      room: () => this.#room
    });
    this.#choice = new KernelChoice(path, kernels, this.#kernel);
    this.#queue = new RunQueue({
      ...{ clock, report },
      kernel: this.#kernel,
      choice: this.#choice,
      environment: this.#environment,
      stops: this.#stops,
      ends: this.#ends,
      request: this.#request,
      widgetState: this.#widgetState,
      kernelCheck: this.#kernelCheck
    });
  }

  /** Attaches to the kernel that the notebook has already; does nothing if it has none. */
  async attach(): Promise<void> {
    try {
      await this.#choice.follow(() => this.#queue.idle);
    } catch (error) {
      // A run will try again and tell its requester.
      this.#world.note(`No kernel yet: ${reasonOf(error)}`);
    }
  }

  /** The room is joined: runs begin. */
  enter(room: EnteredRoom): void {
    room.quieten(this.#takeOver?.run.cellId);
    this.#room = room;
    this.#queue.enter(room);
    this.#widgetState.enter(room.widgets);
    const kernel = this.#kernel.current;
    this.#world.report({
      type: 'ready',
      kernelId: kernel?.kernelId ?? null,
      kernelName: kernel?.kernelName ?? null
    });
  }

  /** What an earlier agent left; to be called before any other run. */
  resume(left: Left): void {
    const { run, before } = left;
    const takeOver = new TakeOver(left, {
      kernel: this.#kernel,
      choice: this.#choice,
      queue: this.#queue,
      ends: this.#ends,
      goOn: execution => this.#goOn(execution),
      report: this.#world.report,
      note: this.#world.note
    });
    this.#takeOver = takeOver;
    if (before !== undefined) {
      const over = { end: before.end, next: run };
      this.#queue.add(before.run, room => takeOver.tellOver(room, before), over);
    }
    this.#queue.add(run, room => this.#stops.restarted.then(() => takeOver.goOn(room)));
  }

  run(run: Run): void {
    this.#queue.add(run, room => this.#queue.execute(room, run));
  }

  /** Gives a person's answer to the kernel, once; passed over if the run has ended. */
  answer(answer: Answer): void {
    this.#questions.answer(answer);
  }

  interrupt(): void {
    this.#stops.interrupt(this.#queue.current);
  }

  /** Nobody will answer what the run asks: the kernel ends it, as soon as this settles. */
  async giveUpQuestion(): Promise<void> {
    if (this.#questions.waits) {
      await this.#stops.interruptKernel();
    }
  }

  restartKernel(): void {
    this.#stops.restart(this.#queue.current?.execution);
  }

  moved(path: string): void {
    this.#choice.moved(path);
  }

  /** Whoever holds the kernel's tap gets nothing more from it; it goes on when nobody does. */
  hold(who: string, held: boolean): void {
    this.#kernel.tap.hold(who, held);
  }

  /** Writes what it has, and nothing more once this settles; runs nothing more, and tells no end. */
  async close(): Promise<void> {
    const written = this.#queue.close();
    this.#widgetState.close();
    this.#kernel.close();
    await written;
  }

  #controlReplaced(): void {
    const execution = this.#queue.current?.execution;
    if (execution !== undefined) {
      execution.replyLost();
      this.#goOn(execution);
    }
  }

  /** The kernel can be asked again about the run, and be answered. */
  #goOn(execution: CellExecution): void {
    this.#request.askAfter(execution);
    this.#questions.send(execution);
  }

  #take(heard: TapItem): void {
    this.#widgetState.take(heard);
    const item = this.#widgets.take(heard, this.#queue.current?.run.executionId);
    if ('message' in item) {
      this.#room?.takeLate(item.message, this.#kernel.tap.position);
    }
    this.#queue.take(item);
  }
}
