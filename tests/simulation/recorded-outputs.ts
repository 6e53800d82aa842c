/** What the records of runs have of their outputs, held against what the kernel said; each broken promise is a line. */
import type { Output } from '../../agent/core/outputs/output.js';
import { likeliestInstead, mayBeMoved, type EventOf } from './expected-outputs.js';
import { STREAM } from './machine.js';
import { WholeShown } from './whole-shown.js';
import type { World } from './world.js';

/** Each run that came to its end has left what the kernel said in it, also where the cell shows another since. */
export function records(world: World): string[] {
  return world.events.flatMap(event =>
    event.type === 'execution.finished' && ['ok', 'error'].includes(event.data.outcome)
      ? recordOf(world, event)
      : []
  );
}

function recordOf(world: World, { offset, data }: EventOf<'execution.finished'>): string[] {
  const { cellId, executionId } = data;
  const events = world.events.filter(event => event.offset <= offset);
  const asked = events.find(
    event => event.type === 'execution.requested' && event.data.executionId === executionId
  );
  const since = events.filter(event => event.offset > (asked?.offset ?? 0));
  const moved = since.some(event => mayBeMoved(world, cellId, event));
  if (moved || world.serverKills.some(kill => (asked?.offset ?? 0) <= kill && kill < offset)) {
    // A crashed server had not saved.
    return [];
  }
  const record = world.machine.host?.loop.execution(STREAM, executionId);
  if (record?.outputs == null) {
    return [`the record of ${executionId} has no outputs: ${record?.outputsMissing}`];
  }
  const { stored } = world.machine;
  const whole = new WholeShown(record.outputs as Output[], stored);
  const judged = { cellId, executionId, complete: true, remembered: false, events };
  const first = likeliestInstead(world, whole, judged);
  return [
    ...(whole.saysLost && stored.refusals === 0
      ? [`the record of ${executionId} says without a reason that something is lost`]
      : []),
    ...(first === undefined
      ? []
      : [`the record of ${executionId} has ${whole.text} and not ${first}`])
  ];
}
