/** JSON values of the world outside made ours: compared by content, and safe to journal. */
import { MOST_LEVELS, type Json } from '../../schema/index.js';
import type { JsonRecord } from './notebook/state.js';

/**
 * The value as JSON would keep it: no `undefined`, no functions, no infinities, no negative zero; of
 * what is nested too deep a word that says so. Never throws.
 */
export function toJson(value: unknown): Json {
  return jsonOf(value, MOST_LEVELS);
}

/** An object's own enumerable members as JSON; those that are `undefined` are left out. */
export function toJsonRecord(value: unknown): { [key: string]: Json } {
  return isRecord(value) ? recordOf(value, MOST_LEVELS) : {};
}

function jsonOf(value: unknown, levels: number): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value + 0 : null;
    case 'bigint':
      return Number(value);
    case 'object':
      if (value === null || value instanceof Uint8Array) {
        return null;
      }
      if (levels === 0) {
        return '(nested too deep)';
      }
      return Array.isArray(value)
        ? value.map(each => jsonOf(each, levels - 1))
        : recordOf(value, levels);
    case 'undefined':
    case 'function':
    case 'symbol':
      return null;
  }
}

function recordOf(value: object, levels: number): { [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && typeof member !== 'function')
      .map(([key, member]) => [key, jsonOf(member, levels - 1)])
  );
}

/** Is it an object with members, not an array? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equal by content; the order of keys does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]))
    );
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}

/** The keys to set and to remove so that `before` becomes `after`; null if nothing changes. */
export function recordChange(
  before: JsonRecord,
  after: JsonRecord
): { set: Record<string, Json>; removed: string[] } | null {
  if (before === after) {
    return null;
  }
  const set = Object.entries(after).filter(
    ([key, value]) => !Object.hasOwn(before, key) || !sameJson(before[key], value)
  );
  const removed = Object.keys(before).filter(key => !Object.hasOwn(after, key));
  return set.length === 0 && removed.length === 0
    ? null
    : { set: Object.fromEntries(set), removed };
}

/** The record with such a change made. */
export function changedRecord(
  record: JsonRecord,
  change: { readonly set: JsonRecord; readonly removed: readonly string[] }
): JsonRecord {
  const kept = Object.entries(record).filter(([key]) => !change.removed.includes(key));
  return { ...Object.fromEntries(kept), ...change.set };
}
