import { describe, expect, it } from 'vitest';
import { decideStart } from '../../../agent/core/execution/react.js';
import { addEvents, NO_HISTORY } from '../../../agent/core/views/history.js';
import { runtimeView } from '../../../agent/core/views/runtime.js';
import type { ExecutionId } from '../../../schema/index.js';
import { ALICE, BOB, ExecutionWorld } from './execution-world.js';

/** A notebook whose cell `a` runs for Alice and asks; `ask` asks something else. */
function asking(password = false) {
  const world = new ExecutionWorld();
  world.report({ type: 'spawned', pid: 1 });
  const [executionId] = world.run(['a', 'b'], ALICE) as [ExecutionId];
  world.ready();
  world.start();
  const ask = (requestId: string) => {
    const question = { requestId, prompt: `${requestId}?`, password };
    const { cellId } = world.state.active[0]!;
    return world.report({ type: 'input-requested', executionId, cellId, ...question });
  };
  const answer = (requestId: string, value = 'typed') =>
    ({ type: 'execution.answer-input', data: { executionId, requestId, value } }) as const;
  ask('one');
  return { world, executionId, ask, answer };
}

describe('the input of a run', () => {
  it('[N10] is what the first person answers; later answers, and those to something else, are refused', () => {
    const { world, ask, answer } = asking();
    expect(world.refusal(answer('other')).code).toBe('nothing-asked');
    const [answered] = world.command(answer('one'), BOB);
    expect(answered).toMatchObject({
      type: 'execution.input-answered',
      actor: BOB,
      data: { cellId: 'a', requestId: 'one', value: 'typed' }
    });
    expect(world.refusal(answer('one'), ALICE).code).toBe('already-answered');
    ask('two');
    expect(ask('two')).toEqual([]);
    expect(world.refusal(answer('one'), ALICE).code).toBe('nothing-asked');
    world.command(answer('two'));
    world.finish('ok');
    expect(world.refusal(answer('two')).code).toBe('unknown-execution');
  });

  it('[N17] is asked for again when the kernel still asks, and nobody has the answer any more', () => {
    const { world, ask, answer } = asking();
    world.command(answer('one', 'lost'));
    expect(ask('one').map(({ type }) => type)).toEqual(['execution.input-requested']);
    expect(runtimeView(world.state).queue.running?.question?.requestId).toBe('one');
    const [again] = world.command(answer('one', 'again'), BOB);
    expect(again).toMatchObject({ type: 'execution.input-answered', data: { value: 'again' } });
    const history = addEvents(NO_HISTORY, world.events);
    const runs = history.entries.flatMap(({ details }) =>
      details.kind === 'run' ? [details] : []
    );
    expect(runs.find(({ questions }) => questions.length > 0)?.questions).toEqual([
      { requestId: 'one', prompt: 'one?', answer: { by: BOB, value: 'again' } }
    ]);
  });

  it('[N11] of a password is in no event', () => {
    const { world, answer } = asking(true);
    world.command(answer('one', 'hunter2'));
    expect(world.events.at(-1)).toMatchObject({ data: { value: null } });
    expect(JSON.stringify([world.events, world.state, world.effects])).not.toContain('hunter2');
  });

  it('[N12] is still asked for while agents and hosts come and go, and can be answered once one is there', () => {
    const { world, answer } = asking();
    world.report({ type: 'exited', code: null, reason: 'ended by SIGKILL' });
    expect(world.refusal(answer('one')).code).toBe('runtime-unavailable');
    world.report({ type: 'spawned', pid: 2 });
    world.append(decideStart(world.state, { now: world.now }));
    world.report({ type: 'spawned', pid: 3 });
    const { running } = runtimeView(world.state).queue;
    expect(running?.question).toEqual({ requestId: 'one', prompt: 'one?', password: false });
    world.ready();
    expect(world.command(answer('one'))).toHaveLength(1);
    expect(runtimeView(world.state).queue.running?.question).toBeNull();
  });

  it('[N13] is told in the history of the run: what was asked, who answered, and what', () => {
    const { world, ask, answer } = asking();
    world.command(answer('one', '1'), BOB);
    ask('two');
    const entry = addEvents(NO_HISTORY, world.events).entries.find(
      ({ details }) => details.kind === 'run' && details.questions.length > 0
    );
    expect(entry).toMatchObject({
      actor: ALICE,
      details: {
        phase: 'running',
        questions: [
          { prompt: 'one?', answer: { by: BOB, value: '1' } },
          { prompt: 'two?', answer: null }
        ]
      }
    });
  });
});
