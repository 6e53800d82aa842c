/** Figures of a series: median, 99th percentile, least and greatest. */

/** The value below which `share` (0 to 1) of the series lies. */
export function percentile(series: readonly number[], share: number): number {
  const sorted = [...series].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** One line for people; milliseconds. */
export function spread(series: readonly number[]): string {
  const figure = (share: number): string => `${percentile(series, share).toFixed(2)} ms`;
  return `p50 ${figure(0.5)}   p99 ${figure(0.99)}   least ${figure(0)}   n ${series.length}`;
}
