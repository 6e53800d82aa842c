/** Facts about bytes that are kept outside the document, stated by the host that keeps them. */
import { z } from 'zod';
import { Digest } from '../ids.js';
import { about } from './about.js';

const hash = Digest.describe('SHA-256 of the bytes.');
const bytes = z.int().min(0).describe('How many bytes there are.');

/** Once for each notebook that stored them, also where another one had stored the same bytes. */
export const ArtifactStored = z
  .strictObject({
    type: z.literal('artifact.stored'),
    v: z.literal(1),
    data: z.strictObject({
      hash,
      bytes,
      lines: z.int().min(0).optional().describe('Line ends in it; of text alone.'),
      mediaType: z.string().min(1).describe('MIME type of the bytes.')
    })
  })
  .meta(
    about(
      'host',
      'Output that is too large for the document was stored beside it: hash, length, type.',
      {
        hash: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
        bytes: 52428800,
        lines: 1000000,
        mediaType: 'text/plain'
      }
    )
  );

/** In each stream of a notebook that had referred to them. */
export const ArtifactRemoved = z
  .strictObject({
    type: z.literal('artifact.removed'),
    v: z.literal(1),
    data: z.strictObject({ hash })
  })
  .meta(
    about('host', 'Stored output is gone: for long enough, no notebook had referred to it.', {
      hash: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'
    })
  );
