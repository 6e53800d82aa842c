/** Choosing events of a stream by words: who, what type, or any text in them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Event } from '../../schema/index.js';
import { actorWords } from './actors.js';
import { eventJson, typeOf } from './event-line.js';

/**
 * Finds the events that fit. Every word must be somewhere in the event; `type:`, `by:` and `text:`
 * before a word say where, `-` before it that it must not be there. Case does not count.
 */
export class EventFilter {
  constructor(private readonly trans: TranslationBundle) {}

  /** The events that fit; the same array when the filter is empty. */
  matching(events: readonly Event[], filter: string): readonly Event[] {
    const terms = termsOf(filter);
    return terms.length === 0 ? events : events.filter(event => this.fits(event, terms));
  }

  private fits(event: Event, terms: readonly Term[]): boolean {
    const texts = this.textsOf(event);
    return terms.every(({ field, word, wanted }) => texts[field].includes(word) === wanted);
  }

  private textsOf(event: Event): Texts {
    const known = this.texts.get(event);
    if (known !== undefined) {
      return known;
    }
    const { actor } = event;
    const ids = [actor.id, actor.onBehalfOf?.id ?? ''].join(' ');
    const texts = {
      type: typeOf(event).toLowerCase(),
      by: `${actorWords(actor, this.trans)} ${ids}`.toLowerCase(),
      text: eventJson(event).toLowerCase()
    };
    const made = { ...texts, any: `${texts.by} ${texts.text}` };
    this.texts.set(event, made);
    return made;
  }

  private readonly texts = new WeakMap<Event, Texts>();
}

type Texts = Readonly<Record<Field, string>>;
type Field = 'any' | 'by' | 'text' | 'type';

interface Term {
  readonly field: Field;
  readonly word: string;
  readonly wanted: boolean;
}

function termsOf(filter: string): readonly Term[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .flatMap(part => {
      const match = /^(-?)(?:(by|text|type):)?(.*)$/.exec(part);
      const word = match?.[3] ?? '';
      const field = (match?.[2] ?? 'any') as Field;
      return word === '' ? [] : [{ field, word, wanted: match?.[1] !== '-' }];
    });
}
