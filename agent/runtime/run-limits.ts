/**
 * What a limit that a run has reached makes of it: an error among its outputs and the reason of its
 * end, both of which name the limit. Jupyter Server watches the limits and interrupts. Pure.
 */
import type { IopubMessage, LimitReached } from '../ports/runtime.js';
import type { RunEnd } from './run-progress.js';

const ENAME = 'LimitReached';

/** For a person: `The run reached its limit of memory: 2 GB are allowed, the kernel used 2.1 GB.` */
export function limitWords({ limit, allowed, used }: LimitReached): string {
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

/** The error that the cell shows, as a message of the run. */
export function limitMessage(reached: LimitReached): IopubMessage {
  const evalue = limitWords(reached);
  return {
    header: { msg_id: `${reached.executionId}-limit`, msg_type: 'error' },
    parent_header: { msg_id: reached.executionId },
    metadata: {},
    content: { ename: ENAME, evalue, traceback: [`${ENAME}: ${evalue}`] }
  };
}

/** Whether an output of the run is still shown: above the limit of output only errors are. */
export function isShown(reached: LimitReached | undefined, { header }: IopubMessage): boolean {
  return reached?.limit !== 'output' || header.msg_type === 'error';
}

/** The end of a run that may have reached a limit. It is interrupted, whatever the kernel made of it. */
export function endAtLimit(end: RunEnd, reached: LimitReached | undefined): RunEnd {
  if (reached === undefined) {
    return end;
  }
  const evalue = limitWords(reached);
  const lost = end.outcome === 'interrupted' && end.error === undefined ? end.reason : undefined;
  return {
    outcome: 'interrupted',
    reason: lost === undefined ? evalue : `${evalue} ${lost}`,
    error: { ename: ENAME, evalue }
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
