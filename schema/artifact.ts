/**
 * How an output whose bytes are kept outside the document stands in it: as the value of one MIME type
 * in the output's data. A client that does not know the type shows the `text/plain` beside it.
 */
import { z } from 'zod';
import { Digest } from './ids.js';

/** The MIME type under which an output says what was kept outside. */
export const ARTIFACT_MIME = 'application/vnd.colophon.artifact+json';

const size = {
  mediaType: z.string().min(1).describe('MIME type of the bytes.'),
  bytes: z.int().min(0).describe('How many bytes there are.'),
  lines: z.int().min(0).optional().describe('Line ends in it; of text alone.')
};

/** Bytes that are complete. */
export const ArtifactLink = z.strictObject({
  hash: Digest.describe('SHA-256 of the bytes.'),
  key: z
    .string()
    .min(1)
    .describe(
      'Made by the host from the hash: shows that the link was not made up from a known hash.'
    ),
  ...size
});
export type ArtifactLink = z.infer<typeof ArtifactLink>;

/** Bytes to which a run still adds. */
export const GrowingLink = z.strictObject({
  upload: z.string().min(1).describe('Id of the upload.'),
  ...size
});
export type GrowingLink = z.infer<typeof GrowingLink>;

/**
 * `stream`: stands behind the stream output, or the error, that holds the beginning; the artifact is the
 * whole text, beginning included; the first line of `text/plain` beside it is a note, the rest the end of the text.
 * `data`: the MIME types of this display or result that are kept outside; the small ones are beside it.
 */
export const ArtifactOutput = z.discriminatedUnion('kind', [
  z.strictObject({
    v: z.literal(1),
    kind: z.literal('stream'),
    name: z
      .string()
      .describe(
        '`stdout` or `stderr`; `outputs`: all further outputs, as messages in JSON, one a line; `traceback`: an error.'
      ),
    text: z.union([ArtifactLink, GrowingLink]),
    entries: z
      .array(z.int().min(0))
      .optional()
      .describe(
        'Of an error: UTF-16 lengths of name, message and entries of the traceback, which stand in the text with a line end between them; absent: each is a line.'
      )
  }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal('data'),
    parts: z.array(ArtifactLink).min(1).describe('Each with another media type.')
  })
]);
export type ArtifactOutput = z.infer<typeof ArtifactOutput>;

/** The artifacts and uploads that an output's data refers to; none for what is not of that form. */
export function linksOf(data: unknown): readonly (ArtifactLink | GrowingLink)[] {
  const value: unknown =
    typeof data === 'object' && data !== null && ARTIFACT_MIME in data
      ? data[ARTIFACT_MIME]
      : undefined;
  const parsed = ArtifactOutput.safeParse(value);
  if (!parsed.success) {
    return [];
  }
  return parsed.data.kind === 'stream' ? [parsed.data.text] : parsed.data.parts;
}
