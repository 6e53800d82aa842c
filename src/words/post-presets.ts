/**
 * What a person may want to post to a stream: an event of their own, and one example for each type
 * that does something, to be filled in. The examples and the words are those of the schema.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { POSTABLE_FACTS } from '../../schema/events/index.js';

export interface PostPreset {
  readonly type: string;
  readonly label: string;
  /** What it does, in one sentence. */
  readonly purpose: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Is it a type of the person's own, that no page explains? */
  readonly isOwn: boolean;
}

/** Every preset, in the order in which they are offered. */
export function postPresets(trans: TranslationBundle): readonly PostPreset[] {
  const own = {
    type: 'message.posted',
    label: trans.__('An event of your own'),
    purpose: trans.__('Any type and any JSON object: it is stored with your name and shown live.'),
    payload: { text: '' },
    isOwn: true
  };
  return [own, ...POSTABLE_FACTS.map(presetOf)];
}

function presetOf(fact: (typeof POSTABLE_FACTS)[number]): PostPreset {
  const type = fact.shape.type.value;
  const about = fact.meta();
  const payload = (about?.['x-example'] ?? {}) as PostPreset['payload'];
  return { type, label: type, purpose: about?.description ?? '', payload, isOwn: false };
}
