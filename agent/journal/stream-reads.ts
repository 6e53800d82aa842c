/** Reads what the journal's database holds of streams and taps beside their events. */
import type { Json, StreamPath } from '../../schema/index.js';
import type { Snapshot, StoredUpdate, StreamMark, StreamSummary } from '../ports/host.js';
import { EventReads } from './event-reads.js';
import { integer, text, updateOf } from './rows.js';

export class StreamReads extends EventReads {
  streams(prefix: StreamPath): StreamSummary[] {
    const below = prefix === '/' ? '/' : `${prefix}/`;
    const rows = this.statements
      .prepare(
        `SELECT path, created_at,
         (SELECT coalesce(max(offset), 0) FROM events WHERE stream = streams.id) AS head
       FROM streams WHERE path = ? OR substr(path, 1, ?) = ? ORDER BY id`
      )
      .all(prefix, below.length, below);
    return rows.map(row => ({
      stream: text(row, 'path') as StreamPath,
      head: integer(row, 'head'),
      createdAt: text(row, 'created_at')
    }));
  }

  updates(
    stream: StreamPath,
    { epoch, through }: { epoch?: number; through?: number }
  ): StoredUpdate[] {
    const id = this.statements.streamId(stream);
    if (id === undefined) {
      return [];
    }
    const last = through ?? Number.MAX_SAFE_INTEGER;
    const newest = this.statements
      .prepare(
        'SELECT epoch FROM updates WHERE stream = ? AND number <= ? ORDER BY number DESC LIMIT 1'
      )
      .get(id, last);
    const wanted = epoch ?? (newest ? integer(newest, 'epoch') : 0);
    const rows = this.statements
      .prepare(
        'SELECT * FROM updates WHERE stream = ? AND number <= ? AND epoch = ? ORDER BY number'
      )
      .all(id, last, wanted);
    return rows.map(updateOf);
  }

  cursors(stream: StreamPath): Record<string, Json> {
    const rows = this.statements
      .prepare('SELECT name, value FROM cursors WHERE stream = ?')
      .all(this.statements.streamId(stream) ?? 0);
    return Object.fromEntries(
      rows.map(row => [text(row, 'name'), JSON.parse(text(row, 'value')) as Json])
    );
  }

  mark(stream: StreamPath): StreamMark | undefined {
    const row = this.statements.prepare('SELECT mark FROM streams WHERE path = ?').get(stream);
    return row && row['mark'] !== null ? (JSON.parse(text(row, 'mark')) as StreamMark) : undefined;
  }

  busyStreams(): StreamPath[] {
    const rows = this.statements
      .prepare('SELECT path FROM streams WHERE busy = 1 ORDER BY id')
      .all();
    return rows.map(row => text(row, 'path') as StreamPath);
  }

  tapHead(tap: string): number {
    const row = this.statements.prepare('SELECT n FROM taps WHERE tap = ?').get(tap);
    return row ? integer(row, 'n') : 0;
  }

  snapshot(stream: StreamPath, version: number): Snapshot | undefined {
    const row = this.statements
      .prepare(
        `SELECT offset, state FROM snapshots JOIN streams ON streams.id = snapshots.stream
       WHERE path = ? AND version = ?`
      )
      .get(stream, version);
    return (
      row && { offset: integer(row, 'offset'), version, state: JSON.parse(text(row, 'state')) }
    );
  }
}
