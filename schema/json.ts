/**
 * JSON values, as nbformat metadata and outputs hold them. They are checked but never copied, so that
 * every key survives, `__proto__` too.
 */
import { z } from 'zod';

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const Json = z.custom<Json>(isJson, 'not a JSON value').describe('Any JSON value.');
export const JsonObject = z
  .custom<JsonObject>(isJsonObject, 'not a JSON object')
  .meta({ type: 'object', description: 'Any JSON object.' });

function isJson(value: unknown): value is Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (Array.isArray(value) ? value.every(isJson) : isJsonObject(value));
    default:
      return false;
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isJson)
  );
}
