/** An event that is being written: its fields as they were typed, and what is wrong with them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Post } from '../../../schema/post.js';
import { parseJson } from '../../client/json.js';
import { jsonPlace } from './json-place.js';

export interface Draft {
  readonly type: string;
  /** JSON as typed. */
  readonly payload: string;
  readonly idempotencyKey: string;
  readonly expectedOffset: string;
}

export type DraftField = keyof Draft;

export const EMPTY_DRAFT: Draft = {
  type: '',
  payload: '{}',
  idempotencyKey: '',
  expectedOffset: ''
};

/** A post, or what is wrong with which field, in words. */
export type CheckedDraft =
  { readonly post: Post } | { readonly errors: Readonly<Partial<Record<DraftField, string>>> };

/** Check every field; nothing is sent as long as one is wrong. */
export function checkDraft(draft: Draft, trans: TranslationBundle): CheckedDraft {
  const payload = payloadOf(draft.payload, trans);
  const offset = draft.expectedOffset.trim();
  const key = draft.idempotencyKey.trim();
  const errors: Partial<Record<DraftField, string>> = {
    ...(draft.type.trim() === '' && { type: trans.__('An event needs a type.') }),
    ...('error' in payload && { payload: payload.error }),
    ...(!/^([1-9]\d{0,14})?$/.test(offset) && {
      expectedOffset: trans.__('A whole number from 1 on, or nothing.')
    })
  };
  const checked = Post.safeParse({
    type: draft.type.trim(),
    ...('value' in payload && { payload: payload.value }),
    ...(key !== '' && { idempotencyKey: key }),
    ...(offset !== '' && { expectedOffset: Number(offset) })
  });
  if (!checked.success) {
    for (const { path, message } of checked.error.issues) {
      errors[path[0] as DraftField] ??= message;
    }
  }
  return checked.success && Object.keys(errors).length === 0 ? { post: checked.data } : { errors };
}

/** The payload laid out well; as it is if it is no JSON. */
export function tidied(payload: string): string {
  try {
    return JSON.stringify(parseJson(payload), null, 2);
  } catch {
    return payload; // What is wrong with it is said at the field.
  }
}

function payloadOf(
  text: string,
  trans: TranslationBundle
): { readonly value: unknown } | { readonly error: string } {
  if (text.trim() === '') {
    return { value: {} };
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    const { line, column, found } = jsonPlace(text);
    return {
      error:
        found === ''
          ? trans.__('This is not JSON: it ends too early, in line %1, column %2.', line, column)
          : trans.__('This is not JSON: “%1” in line %2, column %3.', found, line, column)
    };
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { value }
    : { error: trans.__('The payload is a JSON object: { … }.') };
}
