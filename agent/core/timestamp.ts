/** Arithmetic on timestamps, without a clock. */
import type { Timestamp } from '../../schema/index.js';

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?Z$/;
const DAY = 86_400_000;

/** Milliseconds since 1970 of a timestamp in UTC; NaN if it is none. */
export function millisecondsOf(timestamp: Timestamp): number {
  const match = FORM.exec(timestamp);
  if (match === null) {
    return Number.NaN;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0));
  const fraction = Number(`0.${match[7] ?? '0'}`);
  return (
    daysBefore(year ?? 0, month ?? 1, day ?? 1) * DAY +
    ((hour ?? 0) * 60 + (minute ?? 0)) * 60_000 +
    Math.round(((second ?? 0) + fraction) * 1000)
  );
}

/** Milliseconds from the first to the second; negative if the second is earlier. */
export function millisecondsBetween(from: Timestamp, to: Timestamp): number {
  return millisecondsOf(to) - millisecondsOf(from);
}

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
function daysBefore(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
