/**
 * The canonical text of a JSON value: RFC 8785 (JCS), so that a stranger with any implementation
 * takes the digest of the same bytes. A value whose keys already stand in order, which most do, is
 * written by the engine at full speed. Unlike the libraries for it, it takes lone surrogates, escaped as
 * JSON.stringify does: a notebook may hold them, and must be recorded all the same.
 */

/** RFC 8785 text of a value. Members that are `undefined` are left out, as `JSON.stringify` does. */
export function canonical(value: unknown): string {
  return inOrder(value) ? JSON.stringify(value) : written(value);
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

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value) ?? 'null';
  }
  if (Array.isArray(value)) {
    return `[${value.map(written).join(',')}]`;
  }
  const record = value as Record<string, unknown>;
  const members = Object.keys(record)
    .filter(key => record[key] !== undefined)
    .sort()
    .map(key => `${JSON.stringify(key)}:${written(record[key])}`);
  return `{${members.join(',')}}`;
}
