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
  const { own, late } = heardOf(truth, executionId);
  const fewest = remembered ? late.length : 0;
  for (const said of echoed([...own, ...untaken])) {
    for (let known = late.length; known >= fewest; known -= 1) {
      const after = late.slice(0, known);
      for (let end = said.length; end >= (complete ? said.length : 0); end -= 1) {
        const all = [...said.slice(0, end), ...after];
        const last = cleared === 'no' ? 0 : all.length;
        for (let begin = cleared === 'shown' ? 1 : 0; begin <= last; begin += 1) {
          yield referenceOutputs(all.slice(begin));
        }
      }
    }
  }
}

/**
 * What the kernel said in a run, and after its end: of its threads, and of others in displays, which are
 * updates of them here.
 */
export function heardOf(
  { log, said }: Truth,
  executionId: string
): { readonly own: IopubMessage[]; readonly late: IopubMessage[] } {
  const whole = said.get(executionId) ?? [];
  const idle = whole.findIndex(isIdle);
  const own = idle < 0 ? whole : whole.slice(0, idle);
  const last = idle < 0 ? whole.findLast(message => log.includes(message)) : whole[idle];
  const late = log.slice(last === undefined ? log.length : log.lastIndexOf(last) + 1);
  return {
    own: own.filter(isOutput),
    late: late.flatMap(message => {
      if (!isOutput(message)) {
        return [];
      }
      const isOwn = message.parent_header.msg_id === executionId;
      return isOwn ? [message] : displayId(message.content) ? [asUpdate(message)] : [];
    })
  };
}

function isIdle({ header, content }: IopubMessage): boolean {
  return header.msg_type === 'status' && content['execution_state'] === 'idle';
}

function asUpdate(message: IopubMessage): IopubMessage {
  return { ...message, header: { ...message.header, msg_type: 'update_display_data' } };
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
