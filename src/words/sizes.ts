/** Amounts in words. */

/** Decimal units, three digits at least: `231 MB`, `1.92 GB`. */
export function byteWords(count: number): string {
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3))} ${units[unit]}`;
}
