/** When a schedule fires, in words. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Schedule } from '../../../schema/index.js';
import { durationWords, exactWords } from '../../words/time.js';

/** E.g. "every 5 min 0 s", "by cron 0 3 * * * (Europe/Berlin)". */
export function scheduleWords(schedule: Schedule, trans: TranslationBundle): string {
  switch (schedule.kind) {
    case 'at':
      return trans.__('once, at %1', exactWords(Date.parse(schedule.at)));
    case 'after':
      return trans.__('once, after %1', durationWords(schedule.seconds * 1_000, trans));
    case 'every':
      return trans.__('every %1', durationWords(schedule.seconds * 1_000, trans));
    case 'cron':
      return trans.__('by cron %1 (%2)', schedule.cron, schedule.timeZone ?? 'UTC');
  }
}
