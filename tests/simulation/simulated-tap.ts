/** The server's side of a kernel tap, by docs/PROTOCOL.md: numbers, keeps, replays, one reader. */
import type {
  IopubMessage,
  KernelChange,
  LimitReached,
  TapAttached,
  TapItem
} from '../../agent/ports/runtime.js';
import type { Socket } from './network.js';

export type TapDown = { readonly attached: TapAttached } | { readonly item: TapItem };
export type TapUp = { readonly ack: number } | { readonly run: string | null };
export type TapSocket = Socket<TapUp, TapDown>;

export class SimulatedTap {
  #kept: TapItem[] = [];
  #last = 0;
  #floor = 0;
  #reader: TapSocket | undefined;
  /** The run that the agent has given to the kernel. */
  run: string | null = null;

  constructor(readonly id: string) {}

  message(message: IopubMessage): void {
    this.#keep({ seq: this.#last + 1, message });
  }

  event(event: KernelChange): void {
    this.#keep({ seq: this.#last + 1, event });
  }

  limit(limit: LimitReached): void {
    this.#keep({ seq: this.#last + 1, limit });
  }

  /** A reader takes the place of the one before. */
  enter(
    socket: TapSocket,
    after: { readonly tap: string; readonly seq: number } | undefined
  ): void {
    this.#reader?.closeByServer(4409);
    this.#reader = socket;
    const { next, lost } = this.#begin(after);
    socket.down.send({ attached: { tap: this.id, seq: next - 1, lost } });
    this.#kept.filter(({ seq }) => seq >= next).forEach(item => socket.down.send({ item }));
  }

  leave(socket: TapSocket): void {
    if (this.#reader === socket) {
      this.#reader = undefined;
    }
  }

  acknowledge(seq: number): void {
    this.#floor = Math.max(this.#floor, Math.min(seq, this.#last));
    this.#kept = this.#kept.filter(item => item.seq > this.#floor);
  }

  #begin(after: { readonly tap: string; readonly seq: number } | undefined) {
    if (after === undefined) {
      return { next: this.#last + 1, lost: false };
    }
    return after.tap !== this.id || after.seq < this.#floor
      ? { next: this.#floor + 1, lost: true }
      : { next: Math.min(after.seq, this.#last) + 1, lost: false };
  }

  #keep(item: TapItem): void {
    this.#last = item.seq;
    this.#kept.push(item);
    this.#reader?.down.send({ item });
  }
}
