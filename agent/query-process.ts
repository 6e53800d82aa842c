/**
 * The process of one query: composition root. The question comes as JSON on stdin, the answer goes as
 * JSON Lines to stdout. A thread beside it watches the memory, because the thread that asks SQLite
 * can do nothing else meanwhile.
 */
import './mend-json.js';
import { readFileSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { writePieces } from './export/sink.js';
import { ask, type Question, type Said } from './query/ask.js';
import { OUT_OF_MEMORY } from './query/queries.js';

/** Resident bytes of the process, 60 MB of which are Node. */
const MOST_MEMORY = 512 * 1024 * 1024;
const LOOK_EVERY_MS = 10;

const say = (said: Said) => writePieces(1, [`${JSON.stringify(said)}\n`]);

if (isMainThread) {
  const watch = new Worker(import.meta.filename);
  watch.once('online', () => {
    ask(JSON.parse(readFileSync(0, 'utf8')) as Question, say);
    void watch.terminate();
  });
} else {
  setInterval(() => {
    if (process.memoryUsage.rss() > MOST_MEMORY) {
      process.kill(process.pid, OUT_OF_MEMORY);
    }
  }, LOOK_EVERY_MS);
}
