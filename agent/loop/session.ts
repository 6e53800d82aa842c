/**
 * One notebook while the host deals with it: the folds of its stream, and the replica of its room
 * while that is open. Guarantees that state changes only by events that were appended, and that an
 * effect happens only once its event is durable.
 */
import type { LinkCheck } from '../core/notebook/output.js';
import {
  cursorOf,
  evolveReferences,
  readReferences,
  REFERENCES_CURSOR,
  type References
} from '../core/notebook/references.js';
import { evolveNotebook } from '../core/notebook/evolve.js';
import { EMPTY_NOTEBOOK, type NotebookState } from '../core/notebook/state.js';
import { evolveRuntime } from '../core/execution/evolve.js';
import {
  IDLE_RUNTIME,
  busyExecution,
  overExecution,
  type RuntimeState
} from '../core/execution/state.js';
import { plan } from '../core/plan.js';
import { entitled } from '../core/stream/entitlement.js';
import type { Author, CommandId, Draft, Effect, Event, StreamPath } from '../../schema/index.js';
import type { Appended, Batch, Journal, StoredUpdate, StreamMark } from '../ports/host.js';
import type { Attributor, Mirror, Replica } from '../ports/mirror.js';

/** What a session needs of the host. */
export interface SessionContext {
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly hooksTrusted: boolean;
  readonly editPauseMs: number;
  /** Asks the world; called in the order of the events, once they are durable. */
  readonly perform: (effect: Effect) => void;
  /** Called after each append with the session as it now is. */
  readonly changed: (session: Session) => void;
  /** Which links of the notebook's outputs count; none, if absent. */
  readonly linkCheck?: (stream: StreamPath) => LinkCheck;
  /** Called when what the notebook refers to outside its document has changed. */
  readonly referred?: (stream: StreamPath, references: References) => void;
}

/** A batch of this stream; the session adds the mark. */
export interface Change {
  readonly events?: readonly Draft[];
  readonly update?: Omit<StoredUpdate, 'number'>;
  readonly tap?: { readonly tap: string; readonly n: number };
  readonly command?: CommandId;
  readonly cursors?: Batch['cursors'];
  readonly redaction?: Batch['redaction'];
  readonly patient?: Batch['patient'];
  readonly room?: { readonly epoch: number } & NonNullable<StreamMark['room']>;
}

interface OpenRoom {
  readonly replica: Replica;
  readonly attributor: Attributor;
}

/** The folds at an offset that is durable. */
interface Fold {
  readonly offset: number;
  readonly runtime: RuntimeState;
  readonly notebook: NotebookState;
}

/** The update that changes nothing. */
const NOTHING = new Uint8Array([0, 0]);
const UNMARKED: StreamMark = { epoch: 0, room: null, busy: false };
/** Change it when RuntimeState or NotebookState changes its shape: old snapshots are then passed over. */
const SNAPSHOT_VERSION = 3;
const SNAPSHOT_EVERY = 500;

export class Session {
  readonly stream: StreamPath;
  /** The open room; null if it is closed, or if its history is not known to us. */
  room: OpenRoom | null = null;
  /** Set once the server was asked for the whole document, until it comes. */
  snapshotAsked = false;
  /** What the agent's lines are waiting for, one after the other. */
  reports: Promise<void> = Promise.resolve();
  /** People in the room besides the runtime, as the agent last told. */
  peers = 0;
  readonly #context: SessionContext;
  #current: Fold;
  #durable: Fold;
  #mark: StreamMark;
  #updateNumber: number;
  #snapshotAt: number;
  #references: References;

  /** Folds the stream: from its snapshot, if that has the shape of today, and the events after it. */
  constructor(stream: StreamPath, context: SessionContext) {
    this.stream = stream;
    this.#context = context;
    const { journal } = context;
    const snapshot = journal.snapshot(stream, SNAPSHOT_VERSION);
    const start = snapshot?.state as Omit<Fold, 'offset'> | undefined;
    this.#snapshotAt = snapshot?.offset ?? 0;
    this.#current = {
      offset: this.#snapshotAt,
      runtime: start?.runtime ?? IDLE_RUNTIME,
      notebook: start?.notebook ?? EMPTY_NOTEBOOK
    };
    for (const event of journal.read(stream, { after: this.#snapshotAt })) {
      this.#current = evolve(this.#current, event, event.offset);
    }
    this.#durable = this.#current;
    this.#mark = journal.mark(stream) ?? UNMARKED;
    this.#updateNumber = journal.updateHead(stream).number;
    this.#references = readReferences(journal.cursors(stream)[REFERENCES_CURSOR]);
  }

  /** What the notebook refers to outside its document, or has let go of. */
  get references(): References {
    return this.#references;
  }

  get runtime(): RuntimeState {
    return this.#current.runtime;
  }

  /** The fold of the facts; for the room's newest state see `room`. */
  get notebook(): NotebookState {
    return this.#current.notebook;
  }

  get mark(): StreamMark {
    return this.#mark;
  }

  get durable(): Fold {
    return this.#durable;
  }

  get nextUpdateNumber(): number {
    return this.#updateNumber + 1;
  }

  /** The notebook in the open room with everything settled; null while it is closed or loading. */
  get openNotebook(): NotebookState | null {
    return this.room?.replica.isReady() ? this.room.replica.state() : null;
  }

  /** Appends, folds and plans in one step; effects follow when it is durable. */
  append({
    events: stated = [],
    update,
    tap,
    command,
    cursors,
    redaction,
    patient,
    room
  }: Change): Appended {
    const events = stated.map(entitled);
    const steps: { before: RuntimeState; after: RuntimeState }[] = [];
    let after = this.#current;
    for (const draft of events) {
      const before = after;
      after = evolve(after, draft, before.offset + 1);
      steps.push({ before: before.runtime, after: after.runtime });
    }
    const runs = busyExecution(after.runtime) !== undefined;
    const references = evolveReferences(this.#references, events, after.notebook, runs);
    const referring = references !== this.#references && cursorOf(references);
    const mark = nextMark(this.#mark, after.runtime, room);
    const appended = this.#context.journal.append({
      stream: this.stream,
      events,
      ...(update && { updates: [update] }),
      ...(tap && { tap }),
      ...(command !== undefined && { command }),
      ...((cursors || referring) && { cursors: { ...cursors, ...referring } }),
      ...(redaction && { redaction }),
      ...(patient && { patient }),
      ...(mark !== this.#mark && { mark })
    });
    this.#mark = mark;
    this.#current = after;
    this.#updateNumber = appended.updates.at(-1) ?? this.#updateNumber;
    const effects = appended.events.flatMap((event, index) => {
      const step = steps[index];
      return step ? plan(step.before, event, step.after) : [];
    });
    void appended.durable.then(() => {
      this.#settle(after);
      effects.forEach(effect => this.#context.perform(effect));
    });
    if (referring) {
      this.#references = references;
      this.#context.referred?.(this.stream, references);
    }
    this.#context.changed(this);
    return appended;
  }

  /** Refers to these from now on, for a reason that no fact tells. */
  refer(references: References): Appended {
    const cursors = cursorOf(references);
    const appended = this.#context.journal.append({ stream: this.stream, cursors });
    this.#references = references;
    this.#context.referred?.(this.stream, references);
    return appended;
  }

  /** Begins a new Yjs history with an empty document. The change must carry `room` of the new epoch. */
  openRoom(path: string, author?: Author): { readonly epoch: number } & OpenRoom {
    const epoch = this.#mark.epoch + 1;
    const { mirror, editPauseMs, hooksTrusted, linkCheck } = this.#context;
    const known = this.notebook;
    const attributor = mirror.attributor(hooksTrusted);
    const opener = author && attributor.attribute(author, NOTHING);
    const replica = mirror.open({
      ...{ path, epoch, known, editPause: editPauseMs },
      ...(opener && { opener }),
      ...(linkCheck && { isOurs: linkCheck(this.stream) })
    });
    this.room = { replica, attributor };
    this.snapshotAsked = false;
    return { epoch, ...this.room };
  }

  /** Takes up a history that this tap had open when an earlier host ended; false if there is none. */
  resumeRoom(tap: string): boolean {
    const { epoch, room } = this.#mark;
    if (room === null || room.phase === 'closed' || room.tap !== tap) {
      return false;
    }
    if (this.room !== null) {
      return true;
    }
    const { mirror, journal, editPauseMs, hooksTrusted, linkCheck } = this.#context;
    const updates = journal.updates(this.stream, { epoch });
    const attributor = mirror.attributor(hooksTrusted);
    updates.forEach(update => attributor.learn(update));
    const replica = mirror.resume({
      path: room.path,
      epoch,
      known: this.notebook,
      editPause: editPauseMs,
      updates,
      ready: room.phase === 'ready',
      ...(linkCheck && { isOurs: linkCheck(this.stream) })
    });
    this.room = { replica, attributor };
    return true;
  }

  #settle(fold: Fold): void {
    this.#durable = fold;
    if (fold.offset >= this.#snapshotAt + SNAPSHOT_EVERY) {
      this.#snapshotAt = fold.offset;
      const { offset, runtime, notebook } = fold;
      const state = { runtime, notebook };
      this.#context.journal.saveSnapshot(this.stream, { offset, version: SNAPSHOT_VERSION, state });
    }
  }
}

function evolve(fold: Fold, fact: Draft | Event, offset: number): Fold {
  return {
    offset,
    runtime: evolveRuntime(fold.runtime, fact),
    notebook: evolveNotebook(fold.notebook, fact)
  };
}

function nextMark(mark: StreamMark, runtime: RuntimeState, room: Change['room']): StreamMark {
  const busy = runtime.agent.phase !== 'none' || runtime.active.length > 0;
  if (room !== undefined) {
    const { epoch, ...rest } = room;
    return { epoch, room: rest, busy };
  }
  return busy === mark.busy ? mark : { ...mark, busy };
}

/** What is over in the kernel, its end not stated. */
export function overNow(session: Session) {
  return overExecution(session.runtime)?.executionId;
}

/** Whether the journal knows the kernel of what runs now. Until then nobody could go on with it. */
export function kernelIsKnown(session: Session): boolean {
  return busyExecution(session.runtime)?.kernelId != null;
}
