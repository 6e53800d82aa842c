/** The end of a run that has reached a limit, in words that name the limit. Pure. */
import { LIMIT_REACHED, type ExecutionOutcome, type FactOf } from '../../../schema/index.js';

/** Which limit, what it allows and what was used; see execution.limit-reached. */
export type Reached = Pick<FactOf<'execution.limit-reached'>['data'], 'limit' | 'allowed' | 'used'>;

/** How a run ended, in the words of execution.finished. */
export interface RunEnd {
  readonly outcome: ExecutionOutcome;
  readonly reason?: string | undefined;
  readonly error?: { readonly ename: string; readonly evalue: string } | undefined;
}

/** For a person: `The run reached its limit of memory: 2 GB are allowed, the kernel used 2.1 GB.` */
export function limitWords({ limit, allowed, used }: Reached): string {
  switch (limit) {
    case 'memory':
      if (used <= allowed) {
        return `The run reached its limit of memory: ${bytes(allowed)} are allowed, the kernel used ${bytes(used)} and was refused more.`;
      }
      return `The run reached its limit of memory: ${bytes(allowed)} are allowed, the kernel used ${bytes(used)}.`;
    case 'output':
      return `The run reached its limit of output: ${bytes(allowed)} are allowed, it wrote ${bytes(used)}.`;
    case 'cpu-time':
      return `The run reached its limit of processor time: ${seconds(allowed)} are allowed, it took ${seconds(used)}.`;
    case 'wall-time':
      return `The run reached its limit of time: ${seconds(allowed)} are allowed, it took ${seconds(used)}.`;
  }
}

/** The end of a run that may have reached a limit. It is interrupted, whatever the kernel made of it. */
export function endAtLimit(end: RunEnd, reached: Reached | undefined): RunEnd {
  if (reached === undefined) {
    return end;
  }
  const evalue = limitWords(reached);
  const lost = end.outcome === 'interrupted' && end.error === undefined ? end.reason : undefined;
  return {
    outcome: 'interrupted',
    reason: lost === undefined ? evalue : `${evalue} ${lost}`,
    error: { ename: LIMIT_REACHED, evalue }
  };
}

function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return `${rounded(count / 1000 ** power)} ${units[power]}`;
}

function seconds(count: number): string {
  return `${rounded(count)} s`;
}

/** To three digits at least. */
function rounded(count: number): string {
  return count >= 100 ? count.toFixed(0) : String(Number(count.toPrecision(3)));
}
