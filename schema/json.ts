/**
 * JSON values, as nbformat metadata and outputs hold them. They are checked but never copied, so that
 * every key survives, `__proto__` too. What is nested too deep is none: whoever writes, reads or
 * queries it later may work on a small stack (SQLite's own JSON ends at 1000 levels).
 */
import { z } from 'zod';

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** So many objects and arrays may stand in one another. */
export const MOST_LEVELS = 500;

export const Json = z
  .custom<Json>(value => isJson(value, MOST_LEVELS), 'not a JSON value')
  .describe('Any JSON value.');
export const JsonObject = z
  .custom<JsonObject>(
    value => isObject(value) && isJson(value, MOST_LEVELS),
    `not a JSON object, or nested deeper than ${MOST_LEVELS} levels`
  )
  .meta({ type: 'object', description: 'Any JSON object.' });

function isJson(value: unknown, levels: number): value is Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      // The members of an array are its values, too.
      return (
        value === null ||
        (levels > 0 && Object.values(value).every(each => isJson(each, levels - 1)))
      );
    default:
      return false;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
