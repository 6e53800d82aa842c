/**
 * The stream of the journal behind an address of the protocol, which takes any path. One address is
 * one stream: `team/chat` is `/team/chat`, and a segment that the journal has no place for is encoded.
 */
import { StreamPath } from '../../schema/index.js';
import { refuse } from './refusal.js';

const ENCODED = '~~';
const PLAIN = /^(?!~~)[A-Za-z0-9_.~-]+$/;

/** The journal's stream for a path as it stands in the URL. Refuses one that is too long. */
export function streamOf(path: string): StreamPath {
  const segments = path
    .split('/')
    .map(part =>
      PLAIN.test(part) ? part : ENCODED + Buffer.from(part, 'utf8').toString('base64url')
    );
  const parsed = StreamPath.safeParse(`/${segments.join('/')}`);
  return parsed.success ? parsed.data : refuse(400, 'The path is too long for a stream.');
}

/** The path of the protocol for a stream of the journal. */
export function pathOf(stream: StreamPath): string {
  const segments = stream.slice(1).split('/');
  return segments
    .map(part =>
      part.startsWith(ENCODED)
        ? Buffer.from(part.slice(ENCODED.length), 'base64url').toString('utf8')
        : part
    )
    .join('/');
}
