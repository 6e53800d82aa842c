/** Times that a cron expression names. Pure: the time to look from is given. */
import { Cron } from 'croner';
import { timestampOf } from '../timestamp.js';

const FORM = /^\s*(?:@[a-z]+|\S+(?:\s+\S+){4,5})\s*$/i;

/**
 * The first time after `after` that the expression names, in ms since 1970; null for none. Of the local
 * times that a zone skips, the ones just behind count; of those that it has twice, the first. Throws
 * for an expression that `cronProblem` refuses.
 */
export function nextOfCron(cron: string, timeZone: string, after: number): number | null {
  const options = { timezone: timeZone, mode: '5-or-6-parts', paused: true } as const;
  const wholeSecond = timestampOf(Math.floor(after / 1000) * 1000).replace('.000Z', 'Z');
  return new Cron(cron, options).nextRun(wholeSecond)?.getTime() ?? null;
}

/** Why the expression cannot stand, in words for who posted it; null if it can. */
export function cronProblem(cron: string, timeZone: string, now: number): string | null {
  if (!FORM.test(cron)) {
    const known = '@hourly, @daily, @weekly, @monthly or @yearly';
    return `"${cron}" has not five or six fields and is none of ${known}.`;
  }
  try {
    nextOfCron('@daily', timeZone, now);
  } catch {
    return `"${timeZone}" is no IANA time zone such as Europe/Berlin.`;
  }
  try {
    if (nextOfCron(cron, timeZone, now) !== null) {
      return null;
    }
  } catch (error) {
    if (!(error instanceof Error)) {
      throw error;
    }
    // Looking for a day that never comes ends by the depth of its recursion.
    if (!error.message.includes('call stack')) {
      return `"${cron}" is no cron expression: ${error.message.replace(/^CronPattern: /, '')}`;
    }
  }
  return `"${cron}" never fires.`;
}
