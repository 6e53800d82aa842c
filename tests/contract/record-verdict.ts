/** What the check says of a journal's database, by the lines of an export as text. */
import type { DatabaseSync } from 'node:sqlite';
import { RecordCheck, type Tally } from '../../agent/core/record/check.js';
import type { Fault } from '../../agent/core/record/fault.js';
import { nodeHashing } from '../../agent/journal/hashing.js';
import { keptSize } from '../../agent/journal/record-ends.js';
import { recordLines, UnreadableEvent } from '../../agent/journal/record-lines.js';
import { noteReader } from '../../agent/record/notes.js';
import { ExportLine, type StreamPath } from '../../schema/index.js';

/** Of the whole journal, or of an export of these streams alone; `key` is its verifier key, `kept` a note. */
export function verdict(
  database: DatabaseSync,
  key: string,
  streams: readonly StreamPath[] | null = null,
  kept?: string
): { fault: Fault | null; tally: Tally } {
  const whole = streams === null;
  const readNote = noteReader(key);
  const head = kept === undefined ? undefined : readNote(kept);
  const check = new RecordCheck({
    ...{ hashing: nodeHashing, readNote, whole },
    ...(head && 'size' in head && { kept: head })
  });
  const find = (): Fault | null => {
    try {
      for (const line of recordLines(database, key, streams)) {
        // Through text, as an export is.
        const fault = check.take(ExportLine.parse(JSON.parse(JSON.stringify(line))));
        if (fault !== null) {
          return fault;
        }
      }
      return check.finish(whole ? keptSize(database) : 0);
    } catch (error) {
      if (error instanceof UnreadableEvent) {
        return { ...error.place, why: 'unreadable' };
      }
      throw error;
    }
  };
  return { fault: find(), tally: check.tally() };
}
