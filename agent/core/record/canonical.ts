/**
 * The canonical text of a JSON value: RFC 8785 (JCS), so that a stranger with any implementation
 * takes the digest of the same bytes. A value whose keys already stand in order, which most do, is
 * written by the engine at full speed.
 */
import canonicalize from 'canonicalize';

/** RFC 8785 text of a value. Members that are `undefined` are left out, as `JSON.stringify` does. */
export function canonical(value: unknown): string {
  return inOrder(value) ? JSON.stringify(value) : (canonicalize(value) ?? 'null');
}

/** Do the keys of all its objects stand in the order of UTF-16 code units? */
export function inOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  if (Array.isArray(value)) {
    return value.every(inOrder);
  }
  let last: string | undefined;
  for (const key of Object.keys(value)) {
    if ((last !== undefined && last >= key) || !inOrder((value as Record<string, unknown>)[key])) {
      return false;
    }
    last = key;
  }
  return true;
}
