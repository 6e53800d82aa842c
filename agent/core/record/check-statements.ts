/** What events say of the record itself, against what it shows: erasures, removals, checkpoints. */
import type { Event, EventRecord, StreamPath } from '../../../schema/index.js';
import { canonical } from './canonical.js';
import { faultOf, type Fault } from './fault.js';

/** Why a checkpoint is not good; `seq` is the first event that it may be about. */
interface BadCheckpoint {
  readonly why: string;
  readonly seq?: number;
}

/** An event of which only the leaf is left. */
interface Removed {
  readonly stream: StreamPath;
  readonly offset: number;
  readonly seq: number;
}

export class CheckedStatements {
  /** Events whose payload is gone. */
  erased = 0;
  /** Events that are gone but for their leaf. */
  removed = 0;
  /** Checkpoints that were found good. */
  checkpoints = 0;
  /** Erased, and not yet said to be. */
  readonly #erased = new Map<string, { readonly fault: Fault; readonly said: string }>();
  /** Removed, and not yet said to be; by stream, in order. */
  readonly #removed = new Map<StreamPath, Removed[]>();
  /** By their notes, until their events come. */
  readonly #notes = new Map<string, BadCheckpoint | null>();

  /** The checkpoint was compared with the events that it covers. */
  checkpointed(note: string, bad: BadCheckpoint | null): void {
    this.#notes.set(note, bad);
    this.checkpoints += Number(bad === null);
  }

  takeRemoved({ stream, offset, seq }: Removed): void {
    this.removed += 1;
    const gone = this.#removed.get(stream) ?? [];
    gone.push({ stream, offset, seq });
    this.#removed.set(stream, gone);
  }

  /** An event of a whole journal that is itself as it was. */
  take(event: Event, record: EventRecord): Fault | null {
    return event.type === 'record.checkpointed'
      ? this.#takeCheckpoint(event, record, event.data.note)
      : this.takePart(event, record);
  }

  /** An event of an export of some streams that is itself as it was. */
  takePart(event: Event, record: EventRecord): Fault | null {
    const { offset, stream, redacted } = event;
    if (redacted !== undefined) {
      this.erased += 1;
      const fault = faultOf(
        event,
        record,
        'its payload was erased, but no event says so like this'
      );
      const { at, by, reason } = redacted;
      const said = canonical([at, by, reason, record.payloadHash, event.data]);
      this.#erased.set(`${stream} ${offset}`, { fault, said });
    } else if (event.type === 'record.redacted') {
      const { payloadHash, reason, remains } = event.data;
      const place = `${stream} ${event.data.offset}`;
      const said = canonical([event.at, event.actor, reason, payloadHash, remains]);
      if (this.#erased.get(place)?.said === said) {
        this.#erased.delete(place);
      }
    } else if (event.type === 'stream.trimmed') {
      this.#trimmed(stream, event.data);
    } else if (event.type === 'stream.deleted') {
      const { path, head, children } = event.data;
      const last = this.#removed.get(path)?.at(-1)?.offset ?? 0;
      [...(last === head ? [path] : []), ...children].forEach(gone => this.#removed.delete(gone));
    }
    return null;
  }

  /** The first erasure or removal that no event has spoken of. */
  open(): Fault | null {
    const erased = [...this.#erased.values()].map(({ fault }) => fault);
    const removed = [...this.#removed.values()].flatMap(([first]) =>
      first
        ? [faultOf({ ...first, type: null }, first, 'it was removed, but no event says so')]
        : []
    );
    const [first] = [...erased, ...removed].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    return first ?? null;
  }

  #trimmed(stream: StreamPath, { before, events }: { before: number; events: number }): void {
    const gone = this.#removed.get(stream) ?? [];
    const later = gone.filter(({ offset }) => offset >= before);
    if (gone.length - later.length === events) {
      this.#removed.set(stream, later);
    }
  }

  #takeCheckpoint(event: Event, record: EventRecord, note: string): Fault | null {
    const bad = this.#notes.get(note);
    this.#notes.delete(note);
    if (bad === null) {
      return null;
    }
    if (bad?.seq !== undefined) {
      return { stream: null, offset: null, type: null, seq: bad.seq, why: bad.why };
    }
    return faultOf(event, record, bad?.why ?? 'its checkpoint is not of the events before it');
  }
}
