/** The first import of every program: where V8 confuses keys, JSON.parse does not. */
import { confusesKeys, withEveryKey } from './core/json-keys.js';

if (confusesKeys(JSON.parse)) {
  JSON.parse = withEveryKey(JSON.parse) as typeof JSON.parse;
}
