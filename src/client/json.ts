/** JSON of people and of the host, its keys as they are: the browser may take one for another. */
import { withEveryKey } from '../../agent/core/json-keys.js';

export const parseJson = withEveryKey(JSON.parse);
