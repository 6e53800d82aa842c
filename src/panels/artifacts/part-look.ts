/** How the kept parts of a display are shown. Pure. */
import { parseJson } from '../../client/json.js';

/**
 * image: the browser draws it. text: line by line. html: in a frame of its own. rendered: by the
 * renderer that JupyterLab has for it, after the whole was fetched. file: only downloaded.
 */
export type PartLook = 'image' | 'text' | 'html' | 'rendered' | 'file';

/** More is not fetched into the page; it can still be downloaded. Bytes. */
export const MOST_FETCHED = 32_000_000;

export function lookOf(mediaType: string): PartLook {
  if (mediaType.startsWith('image/')) {
    return 'image';
  }
  if (/^(audio|video)\/|^application\/(pdf|octet-stream)$/.test(mediaType)) {
    return 'file';
  }
  switch (mediaType) {
    case 'text/plain':
      return 'text';
    case 'text/html':
      return 'html';
    default:
      return 'rendered';
  }
}

/** Fetched text as the value of its MIME type in an output. Throws if it is not the JSON it should be. */
export function valueOf(mediaType: string, text: string): unknown {
  return mediaType === 'application/json' || mediaType.endsWith('+json') ? parseJson(text) : text;
}

/**
 * The MIME type that JupyterLab would show of these: the first of `order` that may be shown; undefined
 * if there is none.
 */
export function preferred(
  order: readonly string[],
  mimeTypes: ReadonlySet<string>,
  mayShow: (mimeType: string) => boolean
): string | undefined {
  return order.find(mimeType => mimeTypes.has(mimeType) && mayShow(mimeType));
}
