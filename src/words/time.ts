/** Moments and spans in words. `now` is an input, so that a list is of one moment. */
import type { TranslationBundle } from '@jupyterlab/translation';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took: "12 ms", "0.3 s", "2.1 s", "48 s", "3 min 5 s", "2 h 4 min". `span` in ms. */
export function durationWords(span: number, trans: TranslationBundle): string {
  const time = Math.max(0, span);
  if (time < 95) {
    return trans.__('%1 ms', Math.round(time));
  }
  if (time < 10 * SECOND) {
    return trans.__('%1 s', (time / SECOND).toFixed(1));
  }
  if (Math.round(time / SECOND) < 60) {
    return trans.__('%1 s', Math.round(time / SECOND));
  }
  const seconds = Math.round(time / SECOND);
  if (seconds < 3600) {
    return trans.__('%1 min %2 s', Math.floor(seconds / 60), seconds % 60);
  }
  const minutes = Math.round(seconds / 60);
  return trans.__('%1 h %2 min', Math.floor(minutes / 60), minutes % 60);
}

/** A span that is still growing, in whole seconds: "2 s", "1 min 5 s". `span` in ms. */
export function clockedWords(span: number, trans: TranslationBundle): string {
  const seconds = Math.max(0, Math.floor(span / SECOND));
  return seconds < 60 ? trans.__('%1 s', seconds) : durationWords(seconds * SECOND, trans);
}

/** How long ago: "just now", "5 min ago", "3 h ago", "yesterday", then the date. Times in ms. */
export function agoWords(at: number, now: number, trans: TranslationBundle): string {
  const ago = now - at;
  if (ago < 45 * SECOND) {
    return trans.__('just now');
  }
  if (ago < 59.5 * MINUTE) {
    return trans.__('%1 min ago', Math.max(1, Math.round(ago / MINUTE)));
  }
  if (ago < DAY) {
    return trans.__('%1 h ago', Math.max(1, Math.floor(ago / HOUR)));
  }
  if (ago < 2 * DAY) {
    return trans.__('yesterday');
  }
  return new Date(at).toLocaleDateString();
}

/** Time of day, with the date if it is not today's: "12:03", "19/11/2026, 12:03". Times in ms. */
export function clockWords(at: number, now: number): string {
  const moment = new Date(at);
  const time = moment.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return moment.toDateString() === new Date(now).toDateString()
    ? time
    : `${moment.toLocaleDateString()}, ${time}`;
}

/** The exact moment for a tooltip, with seconds. `at` in ms. */
export function exactWords(at: number): string {
  return new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Time of day to the millisecond, or to the second with the date if it is not today's. Times in ms. */
export function tickWords(at: number, now: number): string {
  const moment = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':');
  return moment.toDateString() === new Date(now).toDateString()
    ? `${time}.${String(moment.getMilliseconds()).padStart(3, '0')}`
    : `${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
}
