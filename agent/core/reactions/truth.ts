/** How JSONata casts a value to a boolean (`$boolean`): what a filter gives counts by this. */
import type { Json } from '../../../schema/index.js';

/** False for undefined, null, 0, '', {} and for arrays without a true member. */
export function isTrue(value: Json | undefined): boolean {
  if (Array.isArray(value)) {
    return value.some(isTrue);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length > 0;
  }
  return Boolean(value);
}
