/**
 * What the shape of a fact does not say: whether a cron expression ever fires, whether JSONata can be
 * parsed, whether a schedule may append what it is to append. Asked at the door, so that whoever
 * configures a reaction learns at once what is wrong with it.
 */
import jsonata from 'jsonata';
import type { Fact, Timestamp } from '../../schema/index.js';
import { cronProblem } from '../core/reactions/cron.js';
import { scheduledFact } from '../core/reactions/scheduled-fact.js';
import { millisecondsOf } from '../core/timestamp.js';

/** Why the fact cannot stand, in words for who posted it; null if it can. */
export function reactionProblem(fact: Fact, now: Timestamp): string | null {
  switch (fact.type) {
    case 'schedule.configured': {
      const { append, schedule } = fact.data;
      const appended = scheduledFact(append);
      if ('problem' in appended) {
        return appended.problem;
      }
      return schedule.kind === 'cron'
        ? cronProblem(schedule.cron, schedule.timeZone ?? 'UTC', millisecondsOf(now))
        : null;
    }
    case 'transformer.configured':
    case 'subscription.configured': {
      const { filter, transform } = fact.data;
      return expressionProblem('filter', filter) ?? expressionProblem('transform', transform);
    }
    default:
      return null;
  }
}

function expressionProblem(name: string, expression: string | undefined): string | null {
  try {
    jsonata(expression ?? 'null');
    return null;
  } catch (error) {
    const { message, position } = error as Partial<jsonata.JsonataError>;
    const where = position === undefined ? '' : ` at character ${position}`;
    return `${name} is not JSONata${where}: ${message ?? 'it cannot be parsed'}.`;
  }
}
