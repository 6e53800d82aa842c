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

/**
 * How long what the server may forget is told after it was taken in, so that it goes with the next run;
 * at most so many messages wait. Milliseconds.
 */
const TOLD_AFTER = 100;
const UNTOLD = 256;

/** Close codes: another agent has attached; our token was revoked. */
const TAKEN_AWAY = new Set([4409, 4403]);

export class AttachedKernelTap implements KernelTap {
  readonly kernelId: string;
  readonly #access: ServerAccess;
  readonly #listener: TapListener;
  #position: TapPosition;
  #acknowledged = 0;
  /** The last number that the server was told of. */
  #told = 0;
  #telling: NodeJS.Timeout | undefined;
  #run: WatchedRun | undefined;
  #runTold = true;
  #socket: WebSocket | undefined;
  #open = false;
  #held = false;
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
      if (seq - this.#told >= UNTOLD) {
        this.#tell();
      } else {
        this.#telling ??= setTimeout(() => this.#tell(), TOLD_AFTER);
      }
    }
  }

  watch(run: WatchedRun | undefined): void {
    this.#run = run;
    this.#runTold = false;
    if (run === undefined) {
      // Behind what goes to kernel and room in this turn.
      setImmediate(() => this.#tell());
    } else {
      // Before the request: its limits hold from its first step on.
      this.#tell();
    }
  }

  hold(held: boolean): void {
    this.#held = held;
    this.#heed();
  }

  close(): void {
    this.#tell();
    this.#closed = true;
    // A socket that reads nothing would not hear the other side's goodbye.
    this.#socket?.resume();
    this.#socket?.close();
  }

  #heed(): void {
    if (this.#open && this.#held) {
      this.#socket?.pause();
    } else if (this.#socket?.isPaused === true) {
      this.#socket.resume();
    }
  }

  /** Tells the server what it does not know yet; docs/PROTOCOL.md, Kernel tap. */
  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const said = {
      ...(this.#acknowledged > this.#told && { ack: this.#acknowledged }),
      ...(!this.#runTold && { run: this.#run ?? null })
    };
    if (this.#open && Object.keys(said).length > 0) {
      this.#told = this.#acknowledged;
      this.#runTold = true;
      this.#socket?.send(JSON.stringify(said));
    }
  }

  #connect(continued: boolean): Promise<AttachedFrame> {
    return new Promise((resolve, reject) => {
      const from = continued ? { after: this.#position.seq, tap: this.#position.tap } : undefined;
      this.#socket = openTapSocket(this.#access, this.kernelId, from, {
        onAttached: frame => {
          this.#open = true;
          this.#position = { tap: frame.tap, seq: frame.next - 1 };
          this.#heed();
          this.#told = 0;
          this.#runTold = this.#run === undefined;
          this.#tell();
          resolve(frame);
        },
        onItem: item => this.#take(item),
        onEnvironment: told => {
          if (!this.#closed) {
            this.#listener.onEnvironment(told);
          }
        },
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
            reject(new KernelUnavailable(unavailable(close)));
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

/** Why a kernel's output cannot be had, in words for a person. */
function unavailable(close: { code: number; reason: string; status?: number }): string {
  return close.status === 501
    ? 'The outputs of this kernel cannot be had on this server, so Colophon does not run cells on ' +
        'it. Run them without Colophon (c.ColophonExtension.enabled = False), or choose another ' +
        'kernel.'
    : `The kernel is gone (${close.status ?? `${close.code} ${close.reason}`}).`;
}
