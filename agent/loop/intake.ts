/**
 * Takes the frames of the room tap: each number once, with everything that follows from it in one
 * batch, and acknowledges it when that is durable.
 */
import { evolveRuntime } from '../core/execution/evolve.js';
import { requesterOf } from '../core/execution/state.js';
import { decideObservation } from '../core/execution/react.js';
import type { Actor, Draft, FromServer, StreamPath, ToServer } from '../../schema/index.js';
import { fileIdOf, notebookStream } from '../../schema/index.js';
import type { Appended, Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import type { Attribution } from '../ports/mirror.js';
import { Acknowledgements } from './acknowledgements.js';
import { kernelIsKnown, type Session } from './session.js';

type Frame<T extends FromServer['type']> = Extract<FromServer, { type: T }>;
type RoomFrame = Frame<
  'room.opened' | 'room.update' | 'room.ready' | 'room.closed' | 'room.snapshot'
>;
export type NumberedFrame = RoomFrame | Frame<'refusal'>;

export interface IntakeContext {
  readonly journal: Journal;
  readonly session: (stream: StreamPath) => Session;
  readonly tell: (message: ToServer) => void;
  readonly clock: Clock;
  /** The notebooks at hand whose rooms this tap has open. */
  readonly openRooms: (tap: string) => Iterable<Session>;
  readonly warn: (message: string) => void;
}

const REFUSALS = '/refusals' as StreamPath;
const DOOR: Actor = { kind: 'system', id: 'door', name: 'Jupyter Server' };
/** A whole document says nothing of who wrote what. */
const SNAPSHOT: Attribution = {
  actor: { kind: 'system', id: 'snapshot', name: 'Snapshot of the room' },
  assurance: 'unverified'
};

export class Intake {
  readonly #context: IntakeContext;
  /** The last number taken of each tap, durable or not. */
  readonly #taken = new Map<string, number>();
  readonly #acknowledgements: Acknowledgements;

  constructor(context: IntakeContext) {
    this.#context = context;
    this.#acknowledgements = new Acknowledgements(context.clock, context.tell);
  }

  /** Nothing is taken any more. */
  stop(): void {
    this.#acknowledgements.end();
  }

  /** Says where we are with a tap, the first time that it is heard of. */
  greet(tap: string): void {
    if (!this.#taken.has(tap)) {
      const last = this.#context.journal.tapHead(tap);
      this.#taken.set(tap, last);
      this.#context.tell({ type: 'welcome', tap, last });
    }
  }

  /** Takes a frame; one that was taken before changes nothing. */
  take(frame: NumberedFrame, payload: Uint8Array): void {
    this.greet(frame.tap);
    const last = this.#taken.get(frame.tap) ?? 0;
    if (frame.n <= last) {
      const n = this.#context.journal.tapHead(frame.tap);
      this.#context.tell({ type: 'ack', tap: frame.tap, n });
      return;
    }
    if (frame.n > last + 1) {
      this.#missed(frame.tap, last + 1, frame.n - 1);
    }
    this.#taken.set(frame.tap, frame.n);
    const { durable } =
      frame.type === 'refusal' ? this.#refusal(frame) : this.#room(frame, payload);
    this.#acknowledgements.when(durable, frame.tap, frame.n);
  }

  /** What the frames have changed is in the whole documents, if not who has done it. */
  #missed(tap: string, first: number, last: number): void {
    const { openRooms, warn } = this.#context;
    warn(`Frames ${first} to ${last} of the room tap are missing: the documents are read anew`);
    for (const session of openRooms(tap)) {
      this.askForWhole(session);
    }
  }

  /** Asks for the whole document, once: each answer begins another history of the room. */
  askForWhole(session: Session): void {
    if (!session.snapshotAsked) {
      session.snapshotAsked = true;
      this.#context.tell({ type: 'snapshot.request', roomId: roomOf(session.stream) });
    }
  }

  #refusal(frame: Frame<'refusal'>): Appended {
    const { tap, n, at, reason, method, path, remoteIp, username } = frame;
    const known = username !== null;
    const draft: Draft = {
      type: 'request.refused',
      v: 1,
      data: { reason, method, path, remoteIp },
      at,
      actor: known ? { kind: 'human', id: username } : DOOR,
      assurance: known ? 'verified' : 'unverified',
      causationId: `${tap}/${n}`
    };
    return this.#context.journal.append({ stream: REFUSALS, events: [draft], tap: { tap, n } });
  }

  #room(frame: RoomFrame, payload: Uint8Array): Appended {
    const session = this.#context.session(notebookStream(frame.fileId));
    switch (frame.type) {
      case 'room.opened':
        return this.#opened(session, frame);
      case 'room.snapshot':
        return this.#snapshot(session, frame, payload);
      case 'room.update':
        return this.#update(session, frame, payload);
      case 'room.ready': {
        const { epoch } = session.mark;
        const room = session.mark.room;
        if (!session.resumeRoom(frame.tap) || !session.room || room === null) {
          return this.#unknown(session, frame);
        }
        const { replica } = session.room;
        const author = room.phase === 'copied' ? [SNAPSHOT] : [];
        const events = replica.isReady() ? [] : replica.ready(frame.at, ...author);
        return session.append({
          events: withConsequences(session, events, frame),
          tap: frame,
          room: { ...room, epoch, phase: 'ready' }
        });
      }
      case 'room.closed': {
        const { epoch, room } = session.mark;
        const known = session.resumeRoom(frame.tap) ? (session.room?.replica.flush() ?? []) : [];
        session.room = null;
        return session.append({
          events: withConsequences(session, known, frame),
          tap: frame,
          ...(room?.tap === frame.tap && { room: { ...room, epoch, phase: 'closed' } })
        });
      }
    }
  }

  #opened(session: Session, frame: Frame<'room.opened'>): Appended {
    this.#endHistory(session, frame);
    const { epoch } = session.openRoom(frame.path, frame.author);
    const { tap, path } = frame;
    return session.append({ tap: frame, room: { epoch, tap, path, phase: 'loading' } });
  }

  #snapshot(session: Session, frame: Frame<'room.snapshot'>, payload: Uint8Array): Appended {
    this.#endHistory(session, frame);
    const { epoch, replica, attributor } = session.openRoom(frame.path);
    const update = { epoch, at: frame.at, ...SNAPSHOT, bytes: payload };
    const stored = { ...update, number: session.nextUpdateNumber };
    attributor.learn(stored);
    const events = replica.apply(stored);
    const { tap, path } = frame;
    return session.append({
      events: withConsequences(session, events, frame),
      update,
      tap: frame,
      room: { epoch, tap, path, phase: 'copied' }
    });
  }

  /**
   * Tells what the history that ends here had not yet told: the next one begins from what is known. If
   * server and host both died, its updates are stored all the same, and name their authors.
   */
  #endHistory(session: Session, frame: RoomFrame): void {
    const { room } = session.mark;
    if (room !== null) {
      session.resumeRoom(room.tap);
    }
    const pending = session.room?.replica.flush() ?? [];
    if (pending.length > 0) {
      session.append({ events: withConsequences(session, pending, frame) });
    }
  }

  #update(session: Session, frame: Frame<'room.update'>, payload: Uint8Array): Appended {
    if (!session.resumeRoom(frame.tap) || session.room === null) {
      return this.#unknown(session, frame);
    }
    const { replica, attributor } = session.room;
    const taken = replica.take(payload);
    const requester = requesterOf(session.runtime, taken.writtenFor);
    const author = attributor.attribute(frame.author, payload, requester);
    const update = { epoch: session.mark.epoch, at: frame.at, ...author, bytes: payload };
    const events = taken.tell({ ...update, number: session.nextUpdateNumber });
    return session.append({
      events: withConsequences(session, events, frame),
      update,
      tap: frame,
      // The end of its run waits for all of it; meanwhile the server has it, too.
      patient: author.actor.kind === 'runtime' && kernelIsKnown(session)
    });
  }

  /** The history did not begin here: ask for the whole document, which will hold this change, too. */
  #unknown(session: Session, frame: RoomFrame): Appended {
    this.askForWhole(session);
    return session.append({ tap: frame });
  }
}

/** jupyter-collaboration's name of the room of a notebook's stream. */
function roomOf(stream: StreamPath): string {
  return `json:notebook:${fileIdOf(stream) ?? ''}`;
}

/** The mirror's facts, and what follows from them for the runs of the notebook. */
export function withConsequences(
  session: Session,
  observed: readonly Draft[],
  { at }: { readonly at: string }
): Draft[] {
  let { runtime } = session;
  const consequences: Draft[] = [];
  for (const draft of observed) {
    for (const consequence of decideObservation(runtime, draft, { now: at })) {
      runtime = evolveRuntime(runtime, consequence);
      consequences.push(consequence);
    }
  }
  return [...observed, ...consequences];
}
