/** What a schedule appends when it fires. Pure. */
import {
  Fact,
  StreamPaused,
  StreamResumed,
  type EventOf,
  type FactOf
} from '../../../schema/index.js';
import { explain } from '../explain.js';

type Append = EventOf<'schedule.configured'>['data']['append'];

const OURS: ReadonlySet<string> = new Set(
  Fact.options.map(({ shape }): string => shape.type.value)
);

/** Whether the type is one of Colophon's facts, which not everybody may state. */
export function isOurs(type: string): boolean {
  return OURS.has(type);
}

/**
 * The fact that `append` asks for; a problem in words if it cannot stand. Of our own types a schedule
 * may pause and resume its stream: what it configures and who may use it is for people to say.
 */
export function scheduledFact({
  type,
  payload = {}
}: Append): FactOf<'event.posted' | 'stream.paused' | 'stream.resumed'> | { problem: string } {
  if (!isOurs(type)) {
    return { type: 'event.posted', v: 1, data: { type, payload } };
  }
  const shape = [StreamPaused, StreamResumed].find(each => each.shape.type.value === type);
  if (shape === undefined) {
    return {
      problem: `A schedule cannot append ${type}: of our own types only stream.paused and stream.resumed.`
    };
  }
  const fact = shape.safeParse({ type, v: 1, data: payload });
  return fact.success ? fact.data : { problem: `append is no ${type}: ${explain(fact.error)}.` };
}
