/**
 * Signs the record: states a checkpoint in the stream `/record` after so many events, or so long
 * after the first that nothing signed covers yet, and when it ends. A checkpoint covers what is
 * durable; its own event is covered by the next one, and alone is no reason for another.
 */
import { HOST_ACTOR } from '../core/actors.js';
import type { Digest, Draft, StreamPath } from '../../schema/index.js';
import type { CheckpointSigner, Journal } from '../ports/host.js';
import type { Clock } from '../ports/inputs.js';

export interface CheckpointContext {
  readonly journal: Pick<Journal, 'append' | 'read' | 'tree' | 'trouble' | 'watch'>;
  readonly clock: Clock;
  readonly signer: CheckpointSigner;
}

const RECORD = '/record' as StreamPath;
const EVERY_EVENTS = 10_000;
const EVERY_MS = 60_000;

export class Checkpoints {
  readonly #context: CheckpointContext;
  readonly #unwatch: () => void;
  /** Events that are not covered, without those of checkpoints. */
  #uncovered: number;
  #counted = false;
  #stating: Promise<void> | null = null;
  #cancel: (() => void) | null = null;

  /** Goes on where the journal's newest checkpoint ended. */
  constructor(context: CheckpointContext) {
    this.#context = context;
    const { journal } = context;
    const [newest] = journal.read(RECORD, { limit: 1 });
    const covered = newest?.type === 'record.checkpointed' ? newest.data.size + 1 : 0;
    this.#uncovered = Math.max(0, journal.tree().size - covered);
    this.#unwatch = journal.watch(event => this.#count(event.type));
    this.#arrange();
  }

  /** States the last checkpoint, of everything that was appended; to be called before the journal closes. */
  async close(): Promise<void> {
    await this.#context.journal.append({ stream: RECORD }).outcome;
    await this.#stating;
    this.#unwatch();
    this.#cancel?.();
    if (this.#uncovered > 0) {
      await this.#state();
    }
  }

  #count(type: string): void {
    this.#uncovered += type === 'record.checkpointed' ? 0 : 1;
    if (!this.#counted) {
      this.#counted = true;
      // Once all events of the commit are counted.
      queueMicrotask(() => {
        this.#counted = false;
        this.#arrange();
      });
    }
  }

  #arrange(): void {
    if (this.#stating !== null || this.#uncovered === 0) {
      return;
    }
    const { clock, journal } = this.#context;
    if (this.#uncovered >= EVERY_EVENTS && journal.trouble() === null) {
      void this.#state();
    } else {
      this.#cancel ??= clock.after(EVERY_MS, () => {
        this.#cancel = null;
        void (journal.trouble() === null ? this.#state() : this.#arrange());
      });
    }
  }

  #state(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const { journal, clock, signer } = this.#context;
    const { size, root } = journal.tree();
    const draft: Draft = {
      type: 'record.checkpointed',
      v: 1,
      data: { size, root: root as Digest, note: signer.sign({ size, root }) },
      at: new Date(clock.now()).toISOString(),
      actor: HOST_ACTOR,
      assurance: 'verified'
    };
    this.#uncovered = 0;
    const { outcome } = journal.append({ stream: RECORD, events: [draft] });
    this.#stating = outcome.then(() => {
      this.#stating = null;
      this.#arrange();
    });
    return this.#stating;
  }
}
