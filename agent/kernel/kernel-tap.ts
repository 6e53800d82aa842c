/**
 * The kernel's IOPub as numbered items, each once, in order, across cuts of the socket: after a cut it
 * attaches again behind the last number it has seen. When messages are gone it says so and stops.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type WebSocket from 'ws';
import {
  KernelUnavailable,
  type KernelTap,
  type ServerAccess,
  type TapAttached,
  type TapItem,
  type TapListener,
  type TapPosition,
  type WatchedRun
} from '../ports/runtime.js';
import { openTapSocket, type AttachedFrame } from './tap-socket.js';

/** How long a cut tap tries to attach again. Milliseconds. */
const PATIENCE = 30_000;

/** Close codes: another agent has attached; our token was revoked. */
const TAKEN_AWAY = new Set([4409, 4403]);

export class AttachedKernelTap implements KernelTap {
  readonly kernelId: string;
  readonly #access: ServerAccess;
  readonly #listener: TapListener;
  #position: TapPosition;
  #acknowledged = 0;
  #run: WatchedRun | undefined;
  #socket: WebSocket | undefined;
  #open = false;
  #closed = false;

  private constructor(
    access: ServerAccess,
    kernelId: string,
    position: TapPosition,
    listener: TapListener
  ) {
    this.#access = access;
    this.kernelId = kernelId;
    this.#position = position;
    this.#listener = listener;
  }

  /** Attaches; throws KernelUnavailable if the server has no such kernel. */
  static async attach(
    access: ServerAccess,
    kernelId: string,
    after: TapPosition | undefined,
    listener: TapListener
  ): Promise<{ tap: KernelTap; attached: TapAttached }> {
    const tap = new AttachedKernelTap(access, kernelId, after ?? { tap: '', seq: 0 }, listener);
    const frame = await tap.#connect(after !== undefined);
    const position = { tap: frame.tap, seq: frame.next - 1 };
    return { tap, attached: { ...position, lost: after !== undefined && frame.lost } };
  }

  acknowledge(seq: number): void {
    if (seq > this.#acknowledged) {
      this.#acknowledged = seq;
      this.#sendAcknowledgement();
    }
  }

  watch(run: WatchedRun | undefined): void {
    this.#run = run;
    this.#sendRun();
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }

  #sendAcknowledgement(): void {
    if (this.#open && this.#acknowledged > 0) {
      this.#socket?.send(JSON.stringify({ ack: this.#acknowledged }));
    }
  }

  #sendRun(): void {
    if (this.#open) {
      this.#socket?.send(JSON.stringify({ run: this.#run ?? null }));
    }
  }

  #connect(continued: boolean): Promise<AttachedFrame> {
    return new Promise((resolve, reject) => {
      const from = continued ? { after: this.#position.seq, tap: this.#position.tap } : undefined;
      this.#socket = openTapSocket(this.#access, this.kernelId, from, {
        onAttached: frame => {
          this.#open = true;
          this.#position = { tap: frame.tap, seq: frame.next - 1 };
          this.#sendAcknowledgement();
          if (this.#run !== undefined) {
            this.#sendRun();
          }
          resolve(frame);
        },
        onItem: item => this.#take(item),
        onClosed: close => {
          const attached = this.#open;
          this.#open = false;
          if (TAKEN_AWAY.has(close.code)) {
            const reason = `This runtime may not go on (${close.code} ${close.reason}).`;
            reject(new KernelUnavailable(reason));
            this.#takenAway(reason);
          } else if (attached && !this.#closed) {
            void this.#mend(Date.now());
          } else if (close.status !== undefined || close.code >= 4000) {
            const detail = close.status ?? `${close.code} ${close.reason}`;
            reject(new KernelUnavailable(`The kernel is gone (${detail}).`));
          } else {
            reject(new Error(`The kernel tap could not be reached (${close.code}).`));
          }
        }
      });
    });
  }

  #take(item: TapItem): void {
    if (!this.#closed && item.seq > this.#position.seq) {
      this.#position = { tap: this.#position.tap, seq: item.seq };
      this.#listener.onItems([item]);
    }
  }

  async #mend(cutAt: number): Promise<void> {
    for (let attempt = 0; !this.#closed; attempt += 1) {
      await delay(attempt === 0 ? 10 : Math.min(2000, 50 * 2 ** attempt));
      const { tap } = this.#position;
      try {
        const frame = await this.#connect(true);
        if (frame.lost || frame.tap !== tap) {
          this.#lose('Messages of the kernel were lost while its connection was cut.');
        }
        return;
      } catch (error) {
        if (error instanceof KernelUnavailable) {
          this.#lose(error.message);
          return;
        }
        if (Date.now() - cutAt > PATIENCE) {
          this.#lose('The connection to the kernel was lost for too long.');
          return;
        }
      }
    }
  }

  #takenAway(reason: string): void {
    if (!this.#closed) {
      this.close();
      this.#listener.onTakenAway(reason);
    }
  }

  #lose(reason: string): void {
    if (!this.#closed) {
      this.close();
      this.#listener.onLost(reason);
    }
  }
}
