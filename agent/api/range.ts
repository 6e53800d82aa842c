/** The one range of bytes that a request asks for. */

export type Range =
  /** From `start` up to, and without, `end`. */
  | { readonly kind: 'part' | 'whole'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

/** As RFC 9110: what is no single range of bytes asks for everything. */
export function rangeOf(header: string | undefined, size: number): Range {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') {
    return { kind: 'whole', start: 0, end: size };
  }
  if (first === '') {
    const count = Math.min(Number(last), size);
    return count === 0
      ? { kind: 'unsatisfiable' }
      : { kind: 'part', start: size - count, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) {
    return { kind: 'whole', start: 0, end: size };
  }
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
}
