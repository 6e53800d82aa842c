/**
 * The server extension on the other end of our stdin and stdout. Frames are checked and handed on
 * synchronously and in order, so that an answer to `flush` proves that everything before it was taken.
 */
import type { Readable, Writable } from 'node:stream';
import { FromServer } from '../../schema/index.js';
import type { Actor, FileId, StreamPath, ToServer } from '../../schema/index.js';
import type { Server } from '../ports/host.js';
import type { Clock, Ids } from '../ports/inputs.js';
import { BadFrame, FrameReader, encodeFrame } from './frames.js';

/** Answers go to who asked; everything else to the host. */
type Answer = Extract<FromServer, { type: 'flushed' | 'token.granted' | 'path' }>;
export type Hello = Extract<FromServer, { type: 'hello' }>;
/** A frame that the host has to take, once per number. */
export type NumberedFrame = Exclude<FromServer, Answer | Hello>;

export interface PipeListener {
  /** The first frame, once. */
  hello(frame: Hello): void;
  numbered(frame: NumberedFrame, payload: Uint8Array): void;
  /** The server has closed the pipe, or ended. */
  ended(): void;
  /** What came is not the protocol; nothing more is read. */
  broken(reason: string): void;
}

/** The server did not answer in time. */
class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

const ANSWER_WITHIN_MS = 10_000;

export class ServerPipe implements Server {
  readonly #output: Writable;
  readonly #clock: Clock;
  readonly #ids: Pick<Ids, 'next'>;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  #hello: Hello | undefined;

  constructor(output: Writable, clock: Clock, ids: Pick<Ids, 'next'>) {
    this.#output = output;
    this.#clock = clock;
    this.#ids = ids;
  }

  /** Empty until `hello`. */
  get baseUrl(): string {
    return this.#hello?.baseUrl ?? '';
  }

  /** False until `hello`. */
  get hooksTrusted(): boolean {
    return this.#hello?.hooksTrusted ?? false;
  }

  /** Reads frames until the input ends or breaks. */
  listen(input: Readable, listener: PipeListener): void {
    const reader = new FrameReader();
    const stop = (reason: string) => {
      input.removeAllListeners('data').resume();
      listener.broken(reason);
    };
    input.on('data', (chunk: Buffer) => {
      try {
        for (const { header, payload } of reader.push(chunk)) {
          const parsed = FromServer.safeParse(header);
          if (!parsed.success) {
            throw new BadFrame(`A header is not of the protocol: ${parsed.error.message}`);
          }
          this.#dispatch(parsed.data, payload, listener);
        }
      } catch (error) {
        if (!(error instanceof BadFrame)) {
          throw error;
        }
        stop(error.message);
      }
    });
    input.on('end', () => listener.ended());
    input.on('error', error => stop(error.message));
  }

  /** Says something that needs no answer. */
  tell(message: ToServer): void {
    this.#output.write(encodeFrame(message));
  }

  async flush(): Promise<void> {
    await this.#ask(id => ({ type: 'flush', id }));
  }

  async grantToken(token: string, actor: Actor, stream: StreamPath): Promise<void> {
    await this.#ask(id => ({ type: 'token.grant', id, token, actor, stream }));
  }

  revokeToken(token: string): void {
    this.tell({ type: 'token.revoke', token });
  }

  async pathOf(fileId: FileId): Promise<string | null> {
    const answer = await this.#ask(id => ({ type: 'path.request', id, fileId }));
    return answer.type === 'path' ? answer.path : null;
  }

  #dispatch(frame: FromServer, payload: Uint8Array, listener: PipeListener): void {
    switch (frame.type) {
      case 'hello':
        if (this.#hello !== undefined) {
          throw new BadFrame('A second hello came.');
        }
        this.#hello = frame;
        return listener.hello(frame);
      case 'flushed':
      case 'token.granted':
      case 'path':
        return this.#waiting.get(frame.id)?.(frame);
      case 'room.opened':
      case 'room.update':
      case 'room.ready':
      case 'room.closed':
      case 'room.snapshot':
      case 'refusal':
        if (this.#hello === undefined) {
          throw new BadFrame(`${frame.type} came before hello.`);
        }
        return listener.numbered(frame, payload);
    }
  }

  #ask(question: (id: string) => ToServer): Promise<Answer> {
    const id = this.#ids.next();
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => {
        this.#waiting.delete(id);
        reject(new ServerSilent(`The server did not answer within ${ANSWER_WITHIN_MS / 1000} s.`));
      });
      this.#waiting.set(id, answer => {
        cancel();
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.tell(question(id));
    });
  }
}
