/** Where a fork leaves its source, checked against what the source has. */
import type { ForkRequest } from './changes.js';
import { mediaType } from './content.js';
import type { StreamRecords } from './records.js';
import { refuse } from './refusal.js';
import type { StreamRow } from './stream-row.js';

/** The source and the position of a fork. Refuses a source or a position that it cannot have. */
export function originOf(
  records: StreamRecords,
  source: StreamRow | undefined,
  fork: ForkRequest,
  contentType: string | undefined
): { readonly source: StreamRow; readonly position: number } {
  if (source === undefined) {
    return refuse(404, 'There is no stream to fork at Stream-Forked-From.');
  }
  if (source.deleted !== 0) {
    return refuse(409, 'The stream to fork was deleted.');
  }
  if (contentType !== undefined && mediaType(contentType) !== mediaType(source.content_type)) {
    return refuse(409, `A fork of this stream is of the type ${source.content_type}.`);
  }
  const anchor = fork.anchor ?? source.tail;
  if (anchor > source.tail) {
    return refuse(400, 'Stream-Fork-Offset is behind the end of the stream to fork.');
  }
  if (fork.sub > 0 && anchor + fork.sub > records.boundary(source, anchor)) {
    return refuse(400, 'Stream-Fork-Sub-Offset reaches behind the append at the fork offset.');
  }
  return { source, position: anchor + fork.sub };
}
