/** When a schedule is due. Pure. */
import type { EventOf, Json, Schedule, Timestamp } from '../../../schema/index.js';
import { millisecondsOf } from '../timestamp.js';
import { nextOfCron } from './cron.js';

/**
 * The time at which the schedule fires next, in ms since 1970 as all times here; null if no more.
 * `lastDue` is the time for which it fired last, null if it never did. The first time counts also if it
 * is past; after it, those that passed until `now` are skipped, and never one at or before `lastDue`
 * named again.
 */
export function nextDue(
  schedule: Schedule,
  configuredAt: number,
  lastDue: number | null,
  now: number
): number | null {
  const after = lastDue === null ? configuredAt : Math.max(lastDue, now);
  switch (schedule.kind) {
    case 'at':
      return lastDue === null ? millisecondsOf(schedule.at) : null;
    case 'after':
      return lastDue === null ? configuredAt + Math.round(schedule.seconds * 1000) : null;
    case 'every': {
      const interval = Math.round(schedule.seconds * 1000);
      const passed = Math.floor((after - configuredAt) / interval);
      return configuredAt + (passed + 1) * interval;
    }
    case 'cron':
      return nextOfCron(schedule.cron, schedule.timeZone ?? 'UTC', after);
  }
}

/** Where a schedule is, as its cursor keeps it: `of` is the offset of the event that configured it. */
export interface ScheduleCursor {
  readonly of: number;
  readonly next: Timestamp | null;
}

/** Name of the schedule's cursor. */
export function scheduleCursor(slug: string): string {
  return `schedule:${slug}`;
}

/** When a configured schedule is due next, with what its cursor says; a cursor of an earlier one is passed over. */
export function dueNow(
  { offset, at, data }: EventOf<'schedule.configured'>,
  cursor: Json | undefined
): number | null {
  const known = cursor as ScheduleCursor | null | undefined;
  if (known?.of === offset) {
    return known.next === null ? null : millisecondsOf(known.next);
  }
  const configuredAt = millisecondsOf(at);
  return nextDue(data.schedule, configuredAt, null, configuredAt);
}
