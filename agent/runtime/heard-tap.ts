/**
 * The tap of the kernel that is attached, and how far it was heard. Guarantees: items go to one
 * consumer, in order, and wait while it is not ready; only the newest attachment is heard.
 */
import type { Clock } from '../ports/inputs.js';
import type {
  Kernels,
  KernelTap,
  TapAttached,
  TapItem,
  TapPosition,
  ToldEnvironment,
  WatchedRun
} from '../ports/runtime.js';
import { ItemQueue } from './item-queue.js';

const ACKNOWLEDGE_EVERY = 1000;

export interface TapConsumer {
  onItem(item: TapItem): void;
  /** The tap cannot go on, in words for a person. */
  onLost(reason: string): void;
  /** What the kernel runs in; see TapListener. */
  onEnvironment(told: ToldEnvironment | null): void;
  /** This runtime may not go on; see TapListener. */
  onTakenAway(reason: string): void;
}

interface Attachment {
  readonly tap: KernelTap;
  position: TapPosition;
  /** Of the process that was heard last. */
  session?: string | undefined;
}

export class HeardTap {
  readonly #kernels: Pick<Kernels, 'attach'>;
  readonly #clock: Clock;
  readonly #consumer: TapConsumer;
  readonly #items = new ItemQueue(item => this.#deliver(item));
  readonly #holders = new Set<string>();
  #attachment: Attachment | undefined;
  #acknowledging = false;

  constructor(kernels: Pick<Kernels, 'attach'>, clock: Clock, consumer: TapConsumer) {
    this.#kernels = kernels;
    this.#clock = clock;
    this.#consumer = consumer;
  }

  /** The last item that the consumer got. */
  get position(): TapPosition | undefined {
    return this.#attachment?.position;
  }

  /** The session of the kernel's process that was heard last; undefined if none was. */
  get session(): string | undefined {
    return this.#attachment?.session;
  }

  /**
   * Attaches once what was attached is closed. `after`: behind this position, which an earlier agent
   * reached; items then wait until `release`. `stands` is called before the first item comes. Rejects
   * if the kernel does not exist.
   */
  async attach(
    kernelId: string,
    after: TapPosition | undefined,
    stands: () => void
  ): Promise<TapAttached> {
    if (after !== undefined) {
      this.#items.beginAnew();
    }
    const early: TapItem[] = [];
    const entry: { attachment?: Attachment } = {};
    const { tap, attached } = await this.#kernels.attach(kernelId, after, {
      onItems: items => {
        const { attachment } = entry;
        if (attachment === undefined) {
          early.push(...items);
        } else {
          items.forEach(item => this.#take(attachment, item));
        }
      },
      onLost: reason => {
        if (entry.attachment !== undefined && entry.attachment === this.#attachment) {
          this.#consumer.onLost(reason);
        }
      },
      onEnvironment: told => {
        // The newest attachment's: an earlier one is closed.
        if (entry.attachment === undefined || entry.attachment === this.#attachment) {
          this.#consumer.onEnvironment(told);
        }
      },
      onTakenAway: reason => this.#consumer.onTakenAway(reason)
    });
    const attachment: Attachment = { tap, position: attached };
    entry.attachment = attachment;
    tap.hold(this.#holders.size > 0);
    this.#attachment = attachment;
    stands();
    early.forEach(item => this.#take(attachment, item));
    return attached;
  }

  /** The consumer is ready for the items that waited. */
  release(): void {
    this.#items.release();
  }

  /** Items wait from now on, until `release`. */
  keep(): void {
    this.#items.keep();
  }

  /** The server may forget everything up to this position, if the tap is still the same. */
  acknowledge({ tap, seq }: TapPosition): void {
    if (this.#attachment?.position.tap === tap) {
      this.#attachment.tap.acknowledge(seq);
    }
  }

  /** No run needs what has come so far: lets the server forget it, about once a second. */
  acknowledgeIdle(stillIdle: () => boolean): void {
    if (!this.#acknowledging) {
      this.#acknowledging = true;
      this.#clock.after(ACKNOWLEDGE_EVERY, () => {
        this.#acknowledging = false;
        if (this.#attachment !== undefined && stillIdle()) {
          this.acknowledge(this.#attachment.position);
        }
      });
    }
  }

  /** While anybody holds it, the tap gives nothing more than it has read already. */
  hold(who: string, held: boolean): void {
    if (held) {
      this.#holders.add(who);
    } else {
      this.#holders.delete(who);
    }
    this.#attachment?.tap.hold(this.#holders.size > 0);
  }

  /** Tells the server which run the kernel has from now on. */
  watch(run: WatchedRun | undefined): void {
    this.#attachment?.tap.watch(run);
  }

  close(): void {
    this.#attachment?.tap.close();
    this.#attachment = undefined;
  }

  #take(attachment: Attachment, item: TapItem): void {
    if (attachment === this.#attachment) {
      this.#items.give(item);
    }
  }

  #deliver(item: TapItem): void {
    const attachment = this.#attachment;
    if (attachment !== undefined) {
      attachment.position = { tap: attachment.position.tap, seq: item.seq };
      attachment.session = 'message' in item ? item.message.header.session : attachment.session;
      this.#consumer.onItem(item);
    }
  }
}
