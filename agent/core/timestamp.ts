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

/** The timestamp, with milliseconds, of a time in ms since 1970; for the years 0 to 9999. */
export function timestampOf(milliseconds: number): Timestamp {
  const day = Math.floor(milliseconds / DAY);
  const time = milliseconds - day * DAY;
  const [hour, minute] = [Math.floor(time / 3_600_000), Math.floor(time / 60_000) % 60];
  const seconds = ((time % 60_000) / 1000).toFixed(3).padStart(6, '0');
  return `${dateOf(day)}T${two(hour)}:${two(minute)}:${seconds}Z`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The date that is so many days after 1970-01-01; eras are of 400 years that begin in March. */
function dateOf(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524);
  const yearOfEra = Math.floor((dayOfEra - leaps - Math.floor(dayOfEra / 146_096)) / 365);
  const leapsBefore = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - (365 * yearOfEra + leapsBefore);
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month < 10 ? 0 : 1);
  return `${String(year).padStart(4, '0')}-${two(month < 10 ? month + 3 : month - 9)}-${two(dayOfMonth)}`;
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
