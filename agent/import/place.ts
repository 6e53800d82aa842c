/** Where the events of an export go, and whether they fit what is there. */
import { StreamPath, type Event } from '../../schema/index.js';
import type { Journal } from '../ports/host.js';
import { NotImportable } from './lines.js';

/** Streams are imported whole, or their offsets would not be their own. */
export function followOn(ends: Map<StreamPath, number>, { stream, offset }: Event): void {
  const next = (ends.get(stream) ?? 0) + 1;
  if (offset !== next) {
    throw new NotImportable(
      `The event with offset ${next} of ${stream} is not in the file. Only whole streams can be imported.`
    );
  }
  ends.set(stream, offset);
}

/** What is there already must be the same: the first and the last of it are compared. */
export function compare(
  journal: Pick<Journal, 'head' | 'read'>,
  stream: StreamPath,
  event: Event
): void {
  const { offset } = event;
  const head = journal.head(stream);
  if (head === 0 || (offset !== 1 && offset !== head)) {
    return;
  }
  const [stored] = journal.read(stream, { after: offset - 1, limit: 1 });
  const same = stored?.type === 'event.imported' && stored.data.event['id'] === event.id;
  if (!same) {
    throw new NotImportable(
      `${stream} holds something else at offset ${offset}. Import to another place with --into.`
    );
  }
}

/** Where an export of this journal is put if nothing is said. */
export function intoOf(origin: string): StreamPath {
  return `/imported/${origin.replace(/[^A-Za-z0-9_.~-]+/g, '-')}` as StreamPath;
}

/** Where a stream of an export is put; throws NotImportable if its path gets too long. */
export function targetOf(into: StreamPath, stream: StreamPath): StreamPath {
  const target = StreamPath.safeParse(stream === '/' ? into : `${into}${stream}`);
  if (!target.success) {
    throw new NotImportable(`The path ${into}${stream} is too long. Choose a shorter --into.`);
  }
  return target.data;
}
