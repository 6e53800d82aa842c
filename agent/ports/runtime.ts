/**
 * What the runtime agent's process needs of Jupyter Server, as interfaces: one notebook's room, the
 * kernel's tap and the kernel's control. The run of a cell (agent/runtime) knows these alone.
 */
import type {
  CellId,
  DocumentClock,
  ExecutionId,
  ExecutionLimit,
  InputQuestion,
  Json,
  JsonObject
} from '../../schema/index.js';

/** Authenticated access to one Jupyter Server as the runtime of one notebook. */
export interface ServerAccess {
  /** Jupyter Server's own URL with base_url, ending in `/`. */
  readonly baseUrl: string;
  readonly token: string;
}

/** The kernel message parts that matter here, as the tap sends them. */
export interface IopubMessage {
  readonly header: {
    readonly msg_id: string;
    readonly msg_type: string;
    /** Of the kernel's process; another after a restart. */
    readonly session?: string;
    /** ISO 8601; some kernels leave it out. */
    readonly date?: string;
  };
  readonly parent_header: { readonly msg_id?: string };
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  /** Binary parts, in base64; of comms alone. */
  readonly buffers?: readonly string[];
}

const OUTPUTS = new Set([
  'stream',
  'display_data',
  'execute_result',
  'error',
  'clear_output',
  'update_display_data'
]);

/** Whether the message says something about a cell's outputs. */
export function isOutput({ header }: IopubMessage): boolean {
  return OUTPUTS.has(header.msg_type);
}

export type KernelChange = 'restarted' | 'died' | 'shut-down';

/** One numbered item of a kernel tap; numbers ascend, each item comes once. */
export type TapItem =
  | { readonly seq: number; readonly message: IopubMessage }
  | { readonly seq: number; readonly event: KernelChange }
  | { readonly seq: number; readonly limit: LimitReached }
  /** Output of the run is missing here, or may be: why, for a person. */
  | { readonly seq: number; readonly gap: string };

/** A run has reached a limit and is interrupted. Bytes of memory and output, seconds of time. */
export interface LimitReached {
  readonly executionId: string;
  readonly limit: ExecutionLimit;
  readonly allowed: number;
  readonly used: number;
}

/** A run as the server is told of it. `limits`: what the notebook's metadata asks for, unread. */
export interface WatchedRun {
  readonly executionId: string;
  readonly limits: unknown;
}

/** A place in a tap: everything up to and including `seq` is done. */
export interface TapPosition {
  /** Id of the server's subscription; another id means another numbering. */
  readonly tap: string;
  readonly seq: number;
}

/** Before everything that the server still keeps, whatever the tap's id. */
export const ALL_KEPT: TapPosition = { tap: 'none', seq: 0 };

/** What a listener is told of a tap. `lost`: messages after the wanted position are gone. */
export interface TapAttached extends TapPosition {
  readonly lost: boolean;
}

/** An attached kernel tap. It re-attaches by itself after its socket was cut. */
export interface KernelTap {
  readonly kernelId: string;
  /** The server may forget everything up to and including `seq`. */
  acknowledge(seq: number): void;
  /** The run that the kernel has from now on, for the server to keep it from cullers and in limits. */
  watch(run: WatchedRun | undefined): void;
  /** Reads nothing more from the server while it is held; what is read already still comes. */
  hold(held: boolean): void;
  close(): void;
}

/** What the server sees of a kernel's interpreter, or why it sees nothing; for a person. */
export type ToldEnvironment =
  | {
      readonly interpreter: string;
      readonly prefix: string;
      /** `name==version`, sorted. */
      readonly packages: readonly string[];
    }
  | { readonly unknown: string };

/** What a kernel says of itself; null: nothing. */
export interface KernelInfo {
  readonly language: string | null;
  readonly languageVersion: string | null;
  readonly implementation: string | null;
  readonly implementationVersion: string | null;
}

/** What a tap tells: `onItems` in order, each once; then at most one of the others, with the reason. */
export interface TapListener {
  onItems(items: readonly TapItem[]): void;
  /** It cannot go on. */
  onLost(reason: string): void;
  /** What the kernel runs in; null: it has changed, and is being read. Comes between the items. */
  onEnvironment(told: ToldEnvironment | null): void;
  /** The notebook has another runtime now, or ours is not trusted any more: nothing may be written. */
  onTakenAway(reason: string): void;
}

/** The kernel of the notebook's session, as Jupyter Server lists it. */
export interface SessionKernel {
  readonly sessionId: string;
  readonly kernelId: string;
  readonly kernelName: string;
}

/** The reply to an execute_request, as far as the run needs it. */
export interface ExecuteReply {
  readonly status: 'ok' | 'error' | 'aborted';
  readonly executionCount: number | null;
  readonly error: { readonly ename: string; readonly evalue: string } | null;
  /** Dates of the reply, ISO 8601; null if the kernel left them out. */
  readonly startedAt: string | null;
  readonly repliedAt: string | null;
  /** What the pager is to show, as of `print?`: MIME type → data. */
  readonly page?: Readonly<Record<string, Json>>;
  readonly nextInput?: NextInput;
}

/** Source that the kernel wants to be edited next, as of `%load`: in place of the cell's, or below it. */
export interface NextInput {
  readonly text: string;
  readonly replace: boolean;
}

/** A question of the kernel; `executionId` is the id of the request that asks, null if it did not say. */
export interface KernelQuestion extends InputQuestion {
  readonly executionId: string | null;
}

/** The control side of one kernel. */
export interface KernelControl {
  readonly kernelId: string;
  /** Sends once; the message id is the execution's id. `onReply` is called at most once. */
  execute(
    executionId: ExecutionId,
    code: string,
    metadata: JsonObject,
    onReply: (reply: ExecuteReply) => void
  ): void;
  /** Calls back with what the kernel says of itself, once it has. */
  onInfo(listener: (info: KernelInfo) => void): void;
  /** Calls back at each question of a request of ours, also of one that an earlier control sent. */
  onQuestion(listener: (question: KernelQuestion) => void): void;
  /**
   * Gives a person's answer to the question with this id, as soon as the connection stands. `onSending`
   * is called right before; it is not if the connection was cut until then.
   */
  answer(requestId: string, value: string, onSending: () => void): void;
  /** Sends to the widget, or whatever else has this comm; gives the message's id. */
  sendComm(commId: string, data: JsonObject): string;
  /** Has the kernel tell the states of all its widgets, as messages like all others. */
  askWidgets(): void;
  /** Sends a kernel_info_request with this message id down the queue that execute requests use. */
  probe(messageId: string): void;
  /** Calls back once when the connection was cut; this control is of no use then. */
  onCut(listener: () => void): void;
  interrupt(): Promise<void>;
  restart(): Promise<void>;
  close(): void;
}

/** Finds, starts and attaches to kernels. */
export interface Kernels {
  /** The kernel of the session that Lab shows for this notebook; undefined if there is none. */
  find(path: string): Promise<SessionKernel | undefined>;
  /** Starts a session; `name` undefined means the server's default. Throws KernelUnavailable. */
  start(path: string, name: string | undefined): Promise<SessionKernel>;
  /** `after` undefined: only what follows. Rejects if the kernel does not exist. */
  attach(
    kernelId: string,
    after: TapPosition | undefined,
    listener: TapListener
  ): Promise<{ tap: KernelTap; attached: TapAttached }>;
  control(kernel: SessionKernel): KernelControl;
}

/** The kernel cannot be started; the message says what to do, to a person. */
export class KernelUnavailable extends Error {
  override readonly name = 'KernelUnavailable';
}

/** Times of a run, by the keys that JupyterLab records; ISO 8601. */
export type RunTiming = Partial<
  Record<
    | 'iopub.status.busy'
    | 'iopub.execute_input'
    | 'shell.execute_reply.started'
    | 'shell.execute_reply'
    | 'iopub.status.idle',
    string
  >
>;

/** What is known of a run's progress; kept in the room beside the outputs, for an agent that takes over. */
export interface RunProgress {
  readonly timing: RunTiming;
  readonly executionCount: number | null;
  readonly error: { readonly ename: string; readonly evalue: string } | null;
  readonly limit?: LimitReached;
  /** Why the outputs are not whole, or may not be. */
  readonly gap?: string;
}

/** The run that the room's outputs belong to, and how far they go. */
export interface RunMark extends TapPosition {
  readonly executionId: string;
  readonly kernelId: string;
  readonly progress: RunProgress;
}

/** The cell of one run in the room. Every method finds the cell anew; false means that it is gone. */
export interface CellRun {
  exists(): boolean;
  /** Clears the cell and marks it running. */
  begin(mark: RunMark): boolean;
  /** Goes on from what the room holds, written by an earlier agent. */
  resume(): boolean;
  /**
   * Takes messages and writes what they change, in one transaction with the mark; with 'later' the next
   * call may do that. What is too large for the document is stored outside before: see `work`.
   */
  take(messages: readonly IopubMessage[], mark: RunMark, when?: 'now' | 'later'): boolean;
  /** Settles when what was taken is stored and written; undefined if it is. Nothing is taken before. */
  readonly work: Promise<void> | undefined;
  /** Whether the last output is kept outside, so that writing what it shows of it should be rare. */
  readonly spilling: boolean;
  /** UTF-16 units of the stream that would go on in the document; a page lays all of it out at each write. */
  readonly streamLength: number;
  /** Completes what is kept outside; see `work`. Only `end` follows. */
  close(mark: RunMark): void;
  /** Replaces the cell's source, or puts a new code cell below it. */
  takeNextInput(input: NextInput): boolean;
  /** Writes count and timing, and sets the cell idle. */
  end(mark: RunMark): boolean;
}

/** The live notebook, as one peer of its room. */
export interface NotebookRoom {
  /** Name of the kernel in the notebook's metadata; undefined if it names none. */
  kernelName(): string | undefined;
  /** What the notebook's metadata says about limits; undefined if nothing. */
  limits(): unknown;
  mark(): RunMark | undefined;
  cellRun(cellId: CellId): CellRun;
  /** No cell runs but this one: sets the others idle that seem to, as an earlier runtime left them. */
  quieten(except?: CellId): void;
  /** Settles when the room has applied everything written before the call. */
  confirmed(): Promise<void>;
  /** How far our own changes go now. */
  written(): DocumentClock;
  /** Asks the room to save the notebook to disk now. */
  save(): void;
  leave(): Promise<void>;
}

/** What a notebook says about widgets, and the state of them that it keeps; `metadata.widgets`. */
export interface WidgetRoom {
  /** The models that outputs show, in the notebook's order. */
  shown(): Set<string>;
  saved(): unknown;
  /** Undefined removes it. */
  save(value: JsonObject | undefined): void;
  /** False: the notebook's metadata forbid it, or a page does it by itself. */
  wanted(): boolean;
}

/** What comes after its run has ended. */
export interface LateOutputs {
  /** Takes any message, at its place in the tap if it has one: what belongs to a run that has ended goes into its cell. */
  takeLate(message: IopubMessage, at?: TapPosition): void;
}

/** The room once it is joined, with all that runs need of it. */
export interface EnteredRoom extends NotebookRoom, LateOutputs {
  readonly widgets: WidgetRoom;
  /** Whether what is written may reach the room together with what follows within a few milliseconds. */
  gather(gathers: boolean): void;
  /** What a request to run the cell says about it; to be asked once for each request. */
  runMetadata(cellId: CellId): JsonObject;
}
