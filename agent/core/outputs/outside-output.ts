/** How a text that is kept outside stands among the outputs of the document. Pure. */
import { ARTIFACT_MIME, type Json } from '../../../schema/index.js';
import type { Output } from './output.js';
import { errorNote, restNote, streamNote } from './spill-words.js';

/** In place of a stream's name: not text, but all further outputs of the cell, as messages in JSON, one a line. */
export const REST = 'outputs';
/** In place of a stream's name: name, message and traceback of the error before it. */
export const TRACEBACK = 'traceback';

const NOTES: Readonly<Record<string, typeof streamNote>> = {
  [REST]: restNote,
  [TRACEBACK]: errorNote
};

export interface OutsideText {
  /** The stream's, or one of those above. */
  readonly name: string;
  readonly upload: string;
  /** Bytes of all of it. */
  readonly bytes: number;
  /** So many of them are kept; the rest was refused. */
  readonly kept: number;
  /** Why; undefined if nothing was refused. */
  readonly reason: string | undefined;
  /** Line ends in all of it. */
  readonly lines: number;
  /** Lengths of its parts, of an error. */
  readonly entries: readonly number[] | undefined;
  /** The end of it. */
  readonly tail: string;
}

/** A display with the link to the upload, and with its end for those who do not know the link. */
export function outsideOutput(text: OutsideText): Output {
  const { name, upload, bytes, kept, reason, lines, entries, tail } = text;
  const isWhole = reason === undefined;
  const link = { upload, mediaType: 'text/plain', bytes: kept, ...(isWhole && { lines }) };
  const parts = isWhole && entries ? { entries: [...entries] } : {};
  const artifact: Json = { v: 1, kind: 'stream', name, text: link, ...parts };
  const lost = isWhole ? undefined : { bytes: bytes - kept, reason };
  const note = NOTES[name] ?? streamNote;
  return {
    output_type: 'display_data',
    data: {
      ...((isWhole || kept > 0) && { [ARTIFACT_MIME]: artifact }),
      'text/plain': `${note(bytes, lost)}\n${tail}`
    },
    metadata: {}
  };
}

/** Whether it stands for all further outputs. */
export function isRest(output: Output): boolean {
  const data = (output.data ?? {}) as Record<string, { readonly name?: unknown } | undefined>;
  return data[ARTIFACT_MIME]?.name === REST;
}
