/**
 * What waits for the disk, in order. What one turn of the event loop brings is of one group, and turns
 * that go on bringing something share it; what nobody waits for waits for the next of these. A group is
 * one transaction. A group whose commit failed is
 * looked for on the disk and written again, the same, before anything behind it, so that what was built
 * on it stays true (decision 12); if it cannot be known what the disk holds, or too much waits, nothing
 * more is taken.
 */
import type { StreamPath } from '../../schema/index.js';
import { JournalUnreachable } from '../ports/host.js';
import type { Snapshot } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';
import { bytesOf, Group, JournalFailed } from './group.js';
import { isStored } from './stored.js';
import type { Entry, Storage } from './storage.js';
import { Trouble } from './trouble.js';

/** A group waits no longer, even if each turn of the event loop brings something to it. */
const MOST_TURNS = 8;
/** What nobody waits for is written after this at the latest. Milliseconds. */
const PATIENCE = 20;
/** So much may wait for a disk that takes nothing; more would fill the memory. */
const MOST_ENTRIES_WAITING = 20_000;
const MOST_BYTES_WAITING = 64 * 1024 * 1024;

interface Stuck {
  readonly group: Group;
  readonly trouble: Trouble;
  /** It cannot be written again; called if it is there all the same. */
  readonly once?: () => void;
  /** Bytes of what waits behind it, about. */
  behind: number;
}

export class CommitLine {
  readonly #storage: Storage;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #written: (entries: readonly Entry[]) => void;
  #group: Group | undefined;
  /** Whether the open group is about to be written. */
  #gathering = false;
  /** The group whose commit failed; what comes meanwhile waits behind it. */
  #stuck: Stuck | undefined;
  #failure: JournalFailed | undefined;
  #closed = false;

  /** `clock` paces attempts; `written` is told what has become durable, in order. */
  constructor(
    storage: Storage,
    clock: Pick<Clock, 'now' | 'after'>,
    written: (entries: readonly Entry[]) => void
  ) {
    this.#storage = storage;
    this.#clock = clock;
    this.#written = written;
  }

  /** What is wrong with the disk now. */
  get trouble(): Trouble | undefined {
    return this.#stuck?.trouble;
  }

  /** Throws if nothing can be taken or read any more, or not now. */
  check(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    if (this.#stuck !== undefined && !this.#storage.readable()) {
      throw new JournalUnreachable(this.#stuck.trouble.unreadable());
    }
  }

  /** The group with which the entry will be written. `patient`: nobody waits for it. */
  add(entry: Entry, patient = false): Group {
    const group = patient ? this.#patientGroup() : this.#openGroup();
    group.entries.push(entry);
    if (this.#stuck !== undefined) {
      this.#stuck.behind += bytesOf(entry);
      const { behind, trouble } = this.#stuck;
      if (group.entries.length > MOST_ENTRIES_WAITING || behind > MOST_BYTES_WAITING) {
        const { reason } = trouble.fault;
        throw this.#fail(new JournalFailed(`The disk took nothing for too long: ${reason}.`));
      }
    }
    return group;
  }

  /** Replaces the snapshot of a stream, with the next commit. */
  keep(stream: StreamPath, snapshot: Snapshot): void {
    this.#openGroup().snapshots.set(stream, snapshot);
  }

  /** Nothing waits after this. Throws while the disk takes nothing. */
  flush(): void {
    this.check();
    this.#commit();
    if (this.#stuck !== undefined) {
      throw this.#stuck.trouble.notTaken();
    }
  }

  /**
   * Writes these entries by `write`, which cannot be repeated; to be called behind `flush`. `stored` is
   * called once they are durable. Throws if they are not; should it turn out later that they are, then
   * `stored` is called then.
   */
  writeOnce(entries: readonly Entry[], write: () => void, stored: () => void): void {
    try {
      write();
    } catch (error) {
      const fault = this.#storage.faultOf(error);
      if (fault === null) {
        throw error;
      }
      let isThere = false;
      const once = (): void => {
        isThere = true;
        stored();
      };
      const trouble = new Trouble(this.#clock, fault);
      this.#stuck = { group: new Group(entries), trouble, once, behind: 0 };
      this.#mend();
      if (!isThere) {
        throw this.#failure ?? trouble.notTaken();
      }
      return;
    }
    stored();
  }

  /** Writes what waits, or tells whoever waits that it is not; then nothing more is taken. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#mend();
    this.#commit();
    const detail = 'Colophon ended before the disk took this. Send it again, with the same id.';
    const left = [this.#stuck?.group, this.#group];
    this.#stuck?.trouble.end();
    left.forEach(group => group?.delay({ code: 'shutting-down', detail }));
    this.#failure ??= new JournalFailed('The journal is closed.');
    this.#storage.close();
  }

  #openGroup(): Group {
    const group = (this.#group ??= new Group());
    if (!this.#gathering) {
      this.#gathering = true;
      this.#gather(group, group.entries.length + 1, MOST_TURNS);
    }
    return group;
  }

  #patientGroup(): Group {
    if (this.#group === undefined) {
      const group = new Group();
      this.#group = group;
      this.#clock.after(PATIENCE, () => this.#group === group && this.#openGroup());
    }
    return this.#group;
  }

  /** Commits the group once a turn of the event loop has brought nothing to it, or after so many. */
  #gather(group: Group, had: number, turns: number): void {
    setImmediate(() => {
      const has = group.entries.length;
      if (this.#group === group && has > had && turns > 1) {
        this.#gather(group, has, turns - 1);
      } else if (this.#group === group) {
        this.#commit();
      }
    });
  }

  #commit(): void {
    const group = this.#group;
    if (group === undefined || this.#stuck !== undefined || this.#failure !== undefined) {
      return;
    }
    this.#group = undefined;
    this.#gathering = false;
    try {
      this.#storage.commit(group.entries, group.snapshots);
    } catch (error) {
      const fault = this.#storage.faultOf(error) ?? { kind: 'unwritable', reason: String(error) };
      this.#stuck = { group, trouble: new Trouble(this.#clock, fault), behind: 0 };
      this.#mend();
      return;
    }
    this.#settle(group);
  }

  /** Finds out what became of the group that is stuck and writes it if it is not there; else again later. */
  #mend(): void {
    if (this.#stuck === undefined || this.#failure !== undefined) {
      return;
    }
    const { group, trouble, once } = this.#stuck;
    let isThere: boolean;
    try {
      this.#storage.recover(trouble.fault);
      isThere = isStored(this.#storage, group.entries);
      if (!isThere && once === undefined) {
        this.#storage.commit(group.entries, group.snapshots);
      }
    } catch (error) {
      this.#again(error, group, trouble);
      return;
    }
    trouble.end();
    this.#stuck = undefined;
    if (once === undefined) {
      this.#settle(group);
    } else if (isThere) {
      once();
    }
    this.#commit();
  }

  #again(error: unknown, group: Group, trouble: Trouble): void {
    const fault = this.#storage.faultOf(error);
    if (fault === null) {
      this.#fail(new JournalFailed('The journal could not be written.', { cause: error }));
      return;
    }
    trouble.again(fault, () => this.#mend());
    const delay = trouble.delay();
    if (delay !== null) {
      group.delay(delay);
      this.#group?.delay(delay);
    }
  }

  #settle(group: Group): void {
    group.settle();
    this.#written(group.entries);
  }

  /** Nothing may be built on what the disk holds: who waits is told, and nothing more is taken. */
  #fail(failure: JournalFailed): JournalFailed {
    this.#failure = failure;
    this.#stuck?.trouble.end();
    this.#stuck?.group.fail(failure);
    this.#group?.fail(failure);
    return failure;
  }
}
