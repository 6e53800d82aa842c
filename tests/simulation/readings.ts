/**
 * What a cell may show for what the kernel said in its run. Mostly there is one reading; a question
 * and its answer are shown where the agent gave the answer, or not at all if it died right then; what
 * others showed in a shared display later is known to the agent that ran the cell, and to no later one.
 */
import { isOutput, type IopubMessage } from '../../agent/ports/runtime.js';
import { displayId } from '../../agent/core/outputs/output-message.js';
import { referenceOutputs, type ReferenceOutput } from '../unit/runtime/reference.js';
import type { Truth } from './simulated-kernel.js';

interface Run {
  /** It came to its end; otherwise any beginning of it is right. */
  readonly complete: boolean;
  /** Somebody cleared the cell, so that any end of it is right; `shown`: when something was there. */
  readonly cleared: 'no' | 'some time' | 'shown';
  /** The agent that ran it is the one that there is now. */
  readonly remembered: boolean;
  /** Answers that were accepted, and came too late for the kernel, or never. */
  readonly untaken: readonly IopubMessage[];
}

/** The likeliest first. */
export function* readings(
  truth: Truth,
  executionId: string,
  { complete, cleared, remembered, untaken }: Run
): Generator<ReferenceOutput[]> {
  const own = [...(truth.said.get(executionId) ?? []).filter(isOutput), ...untaken];
  const foreign = updatesAfter(truth, executionId);
  const fewest = remembered ? foreign.length : 0;
  for (const said of echoed(own)) {
    for (let known = foreign.length; known >= fewest; known -= 1) {
      const updates = foreign.slice(0, known);
      for (let end = said.length; end >= (complete ? said.length : 0); end -= 1) {
        const last = cleared === 'no' ? 0 : end;
        for (let begin = cleared === 'shown' ? 1 : 0; begin <= last; begin += 1) {
          yield referenceOutputs([...said.slice(begin, end), ...updates]);
        }
      }
    }
  }
}

/** What other runs showed later in displays, as updates of them. */
function updatesAfter({ log }: Truth, executionId: string): IopubMessage[] {
  const last = log.findLastIndex(({ parent_header }) => parent_header.msg_id === executionId);
  return log
    .slice(last + 1)
    .filter(({ content, header }) => isOutput({ header } as IopubMessage) && displayId(content))
    .map(message => ({
      ...message,
      header: { ...message.header, msg_type: 'update_display_data' }
    }));
}

/** With each echo in its place, or anywhere before, or nowhere. */
function* echoed(said: readonly IopubMessage[]): Generator<IopubMessage[]> {
  const at = said.findIndex(({ header }) => header.msg_id === '');
  const echo = said[at];
  if (echo === undefined) {
    yield [...said];
    return;
  }
  const rest = [...said.slice(0, at), ...said.slice(at + 1)];
  for (const others of echoed(rest)) {
    for (let place = at; place >= 0; place -= 1) {
      yield [...others.slice(0, place), echo, ...others.slice(place)];
    }
    yield others;
  }
}
