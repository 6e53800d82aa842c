/** What a journal answers from its storage as it is: the durable, if it can be read at all. */
import type { Actor, CommandId, Event, EventRecord, Json, StreamPath } from '../../schema/index.js';
import type {
  JournalHealth,
  ReadOptions,
  Snapshot,
  StoredUpdate,
  StreamMark,
  StreamSummary,
  TreeHead
} from '../ports/host.js';
import type { Storage } from './storage.js';

const ROOT = '/' as StreamPath;

export abstract class Reads {
  /** The storage; throws while it cannot be read. */
  protected abstract storage(): Storage;

  read(stream: StreamPath, options: ReadOptions = {}): Event[] {
    return this.storage().read(stream, options);
  }

  head(stream: StreamPath): number {
    return this.storage().head(stream).offset;
  }

  record(stream: StreamPath, offset: number): EventRecord | undefined {
    return this.storage().record(stream, offset);
  }

  tree(): TreeHead {
    return this.storage().tree();
  }

  begunBy(stream: StreamPath): Actor | undefined {
    return this.storage().begunBy(stream);
  }

  controls(stream: StreamPath): Event[] {
    return this.storage().controls(stream);
  }

  controlled(): StreamPath[] {
    return this.storage().controlled();
  }

  cursors(stream: StreamPath): Record<string, Json> {
    return this.storage().cursors(stream);
  }

  streams(prefix: StreamPath = ROOT): StreamSummary[] {
    return this.storage().streams(prefix);
  }

  updates(stream: StreamPath, options: { epoch?: number; through?: number } = {}): StoredUpdate[] {
    return this.storage().updates(stream, options);
  }

  updateHead(stream: StreamPath): { number: number; epoch: number } {
    const head = this.storage().head(stream);
    return { number: head.update, epoch: head.epoch };
  }

  mark(stream: StreamPath): StreamMark | undefined {
    return this.storage().mark(stream);
  }

  busyStreams(): StreamPath[] {
    return this.storage().busyStreams();
  }

  tapHead(tap: string): number {
    return this.storage().tapHead(tap);
  }

  answered(command: CommandId): Event[] | undefined {
    return this.storage().answered(command);
  }

  snapshot(stream: StreamPath, version: number): Snapshot | undefined {
    return this.storage().snapshot(stream, version);
  }

  trimmable(stream: StreamPath, before: number): number {
    return this.storage().trimmable(stream, before);
  }

  health(): JournalHealth {
    return this.storage().health();
  }
}
