/**
 * Every operation of the HTTP API, in the order in which people read of them. A route without an
 * entry here fails a test; an entry is made of the schemas that the route itself uses.
 */
import { ARTIFACT_OPERATIONS } from './artifact-operations.js';
import { DESCRIPTION_OPERATIONS } from './description-operations.js';
import { FOLLOWER_OPERATIONS } from './follower-operations.js';
import { NOTEBOOK_OPERATIONS } from './notebook-operations.js';
import type { Operation } from './operation.js';
import { RECORD_OPERATIONS } from './record-operations.js';
import { SERVICE_OPERATIONS } from './service-operations.js';
import { STREAM_OPERATIONS } from './stream-operations.js';

export const OPERATIONS: readonly Operation[] = [
  ...STREAM_OPERATIONS,
  ...FOLLOWER_OPERATIONS,
  ...NOTEBOOK_OPERATIONS,
  ...ARTIFACT_OPERATIONS,
  ...RECORD_OPERATIONS,
  ...SERVICE_OPERATIONS,
  ...DESCRIPTION_OPERATIONS
];
