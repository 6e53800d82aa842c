/** Ids and secrets by chance. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Ids } from './ports/inputs.js';

/** Unguessable ids from the operating system's source of chance. */
export const randomIds: Ids = {
  next: () => randomUUID(),
  secret: () => randomBytes(32).toString('hex')
};
