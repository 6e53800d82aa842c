/** When a test fails, what the programs that it has started have logged is printed, to show why. */
import { afterEach } from 'vitest';
import { endsOfLogs } from './kept-logs.js';

afterEach(({ task }) => {
  if (task.result?.state === 'fail') {
    endsOfLogs().forEach(text => console.error(text));
  }
});
