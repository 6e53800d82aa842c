/** In which form a value of an output's data is kept outside the document, and comes back. Pure. */

/**
 * `base64`: the value is base64, kept are the bytes it stands for. `json`: kept is the value as JSON.
 * `text`: kept is the text in UTF-8.
 */
export type ArtifactForm = 'base64' | 'json' | 'text';

/** The form of values of this MIME type. */
export function formOf(mediaType: string): ArtifactForm {
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    return 'json';
  }
  const binary = /^(?:image|audio|video)\//.test(mediaType) && mediaType !== 'image/svg+xml';
  return binary || mediaType === 'application/pdf' ? 'base64' : 'text';
}
