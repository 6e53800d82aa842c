/** The lines of an export file, read one at a time, as often as needed. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { ExportLine, Json, MOST_LEVELS } from '../../schema/index.js';

/** A file that is no export, or that cannot be imported as it is; the message is for a person. */
export class NotImportable extends Error {
  override readonly name = 'NotImportable';
}

export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  readonly line: ExportLine;
}

/** Every line of the file; throws NotImportable at the first that is none of an export. */
export async function* linesOf(path: string): AsyncGenerator<NumberedLine> {
  const input = createReadStream(path, 'utf8');
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (text !== '') {
      yield { number, line: parse(text, number) };
    }
  }
}

function parse(text: string, number: number): ExportLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotImportable(`Line ${number} is not JSON: the file is damaged, or no export.`);
  }
  const parsed = ExportLine.safeParse(value);
  if (!parsed.success) {
    throw new NotImportable(
      `Line ${number} is none of an export of Colophon (colophon export --format jsonl).`
    );
  }
  const line = parsed.data;
  if ('event' in line && !isShallow(line.event.data)) {
    throw new NotImportable(
      `Line ${number} holds an event that is nested deeper than ${MOST_LEVELS} levels: nobody could query it.`
    );
  }
  return line;
}

/** Whether every part of an event's data is as deep as data of a journal may be. */
const isShallow = (data: unknown): boolean =>
  Object.values(Object(data) as object).every(part => Json.safeParse(part).success);
