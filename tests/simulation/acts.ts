/** What people do in a notebook, and how often. */
import type { Event, StreamPath } from '../../schema/index.js';
import type { Chance } from './chance.js';
import type { Machine } from './machine.js';
import type { Person } from './person.js';

const ACTS = {
  ...{ type: 30, run: 50, insert: 3, remove: 2, move: 2, clear: 20, answer: 18 },
  ...{ interrupt: 3, 'restart kernel': 2, 'stop agent': 1, 'restart agent': 1 },
  console: 20
};

type Asked = Extract<Event, { type: 'execution.input-requested' }>;

function isAsked(event: Event): event is Asked {
  return event.type === 'execution.input-requested';
}

/** The question that waits for an answer, as everybody sees it; undefined if none does. */
export function openQuestion(events: readonly Event[]): Asked['data'] | undefined {
  const at = events.findLastIndex(isAsked);
  const asked = events.slice(at).find(isAsked)?.data;
  const over = events
    .slice(at)
    .some(
      ({ type, data }) =>
        (type === 'execution.finished' && data.executionId === asked?.executionId) ||
        (type === 'execution.input-answered' && data.requestId === asked?.requestId)
    );
  return over ? undefined : asked;
}

/**
 * What somebody answers: what is asked, or sometimes what was asked before, mostly by the same run, as in
 * a page that has not heard the news.
 */
export function questionToAnswer(
  chance: Chance,
  events: readonly Event[]
): Asked['data'] | undefined {
  const open = openQuestion(events);
  if (!chance.happens(0.25)) {
    return open;
  }
  const asked = events.filter(isAsked).map(({ data }) => data);
  const ofRun = asked.filter(({ executionId }) => executionId === open?.executionId);
  return chance.of(ofRun.length > 1 ? ofRun : asked);
}

/** Somebody does something. `read`: the stream as it is known. */
export function act(
  machine: Machine,
  people: readonly Person[],
  stream: StreamPath,
  read: (stream: StreamPath) => Event[]
): void {
  const { chance } = machine;
  const person = chance.of(people);
  const which = chance.weighted(ACTS);
  if (person?.here !== true) {
    return;
  }
  machine.note(`${person.name}: ${which}`);
  switch (which) {
    case 'type':
      person.type();
      break;
    case 'run':
      person.run();
      break;
    case 'insert':
      person.insert();
      break;
    case 'remove':
      person.remove();
      break;
    case 'move':
      person.move();
      break;
    case 'clear':
      person.clear();
      break;
    case 'answer': {
      const question = questionToAnswer(chance, read(stream));
      if (question !== undefined) {
        person.answer(question);
      }
      break;
    }
    case 'console':
      person.runInConsole();
      break;
    case 'interrupt':
      person.order('kernel.interrupt');
      break;
    case 'restart kernel':
      person.order('kernel.restart');
      break;
    case 'stop agent':
      person.order('agent.stop');
      break;
    case 'restart agent':
      person.order('agent.restart');
      break;
  }
}
