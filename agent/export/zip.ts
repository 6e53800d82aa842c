/**
 * Files as one ZIP archive, made as it is read. Nothing is compressed; names are UTF-8. The sizes
 * stand behind each file, because they are not known before, and in the directory at the end.
 */
import { crc32 } from 'node:zlib';

const LARGEST = 0xffff_ffff;
/** Sizes follow the file; the name is UTF-8. */
const FLAGS = 0x0808;
const VERSION = 20;
/** 1980-01-01, the earliest date that the format knows: the same content gives the same archive. */
const DATE = 0x21;

interface Entry {
  readonly name: Buffer;
  readonly start: number;
  readonly size: number;
  readonly sum: number;
}

/** The archive in pieces; throws when it grows over 4 GB. */
export function* zipOf(
  files: Iterable<{ readonly path: string; readonly pieces: Iterable<string> }>
): Generator<Uint8Array> {
  const entries: Entry[] = [];
  let at = 0;
  const measured = (bytes: Buffer): Buffer => {
    at += bytes.length;
    if (at > LARGEST) {
      throw new Error('The archive grows over 4 GB. Export to a folder instead.');
    }
    return bytes;
  };
  for (const { path, pieces } of files) {
    const name = Buffer.from(path, 'utf8');
    const start = at;
    const empty: Entry = { name, start, size: 0, sum: 0 };
    yield measured(Buffer.concat([words(0x04034b50, [VERSION, ...common(empty)]), name]));
    let [size, sum] = [0, 0];
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'utf8');
      [size, sum] = [size + bytes.length, crc32(bytes, sum)];
      yield measured(bytes);
    }
    entries.push({ name, start, size, sum });
    yield measured(words(0x08074b50, long(sum), long(size), long(size)));
  }
  const directory = at;
  for (const entry of entries) {
    const head = words(
      0x02014b50,
      [VERSION, VERSION, ...common(entry)],
      [0, 0, 0, 0, 0],
      long(entry.start)
    );
    yield measured(Buffer.concat([head, entry.name]));
  }
  const count = Math.min(entries.length, 0xffff);
  if (count < entries.length) {
    throw new Error('The archive has more than 65 535 files. Export to a folder instead.');
  }
  yield words(0x06054b50, [0, 0, count, count], long(at - directory), long(directory), [0]);
}

/** What the head of a file and its entry in the directory share, as 16-bit words. */
function common({ name, size, sum }: Entry): number[] {
  return [FLAGS, 0, 0, DATE, ...long(sum), ...long(size), ...long(size), name.length, 0];
}

const long = (value: number): number[] => [value & 0xffff, value >>> 16];

function words(signature: number, ...rest: readonly (readonly number[])[]): Buffer {
  const values = [...long(signature), ...rest.flat()];
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16LE(value, index * 2));
  return bytes;
}
