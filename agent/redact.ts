/**
 * `colophon redact`: erases the payload of an event in a journal that no host has open. Composition
 * root. Exit codes: 0 erased, 1 it could not be, 2 the command is wrong.
 */
import './mend-json.js';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RedactionBody, StreamPath } from '../schema/index.js';
import { systemClock } from './clock.js';
import { reasonOf } from './core/explain.js';
import { randomIds } from './ids.js';
import { JournalUnusable } from './journal/database.js';
import { emptyLog } from './journal/record.js';
import { openSqliteJournal } from './journal/sqlite.js';
import { Redactions } from './loop/redactions.js';
import { keepRecord } from './record-keeping.js';

const USAGE = `colophon redact [--dir DATA_DIR] STREAM OFFSET --reason TEXT
  STREAM  path of the stream, for instance /demo
  OFFSET  of the event that loses its payload, from 1`;
const IN_USE =
  'A host has this journal open: ask it with POST api/streams/__redact/<path> {"offset": …, "reason": …}, or end it first.';

async function redact(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { dir: { type: 'string' }, reason: { type: 'string' }, help: { type: 'boolean' } }
  });
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const [path, offset, ...more] = positionals;
  const stream = StreamPath.safeParse(path);
  const what = RedactionBody.safeParse({ offset: Number(offset), reason: values.reason });
  if (values.dir === undefined || !stream.success || !what.success || more.length > 0) {
    console.error(USAGE);
    return 2;
  }
  if (!existsSync(join(values.dir, 'journal.db'))) {
    console.error(`There is no journal in ${values.dir}.`);
    return 2;
  }
  const { journal, database } = openSqliteJournal({
    ...{ dataDir: values.dir, clock: systemClock, ids: randomIds },
    lockWaitMs: 0
  });
  const checkpoints = keepRecord(journal, database);
  const redactions = new Redactions({
    ...{ journal, clock: systemClock },
    append: (of, change) => journal.append({ stream: of, ...change })
  });
  // Nobody vouches for who sits at the machine.
  const actor = { kind: 'human', id: userInfo().username } as const;
  const answer = await redactions.redact(stream.data, what.data, {
    ...{ actor, assurance: 'unverified' }
  });
  await checkpoints.close();
  const isGone = emptyLog(database);
  await journal.close();
  if ('rejection' in answer) {
    console.error(answer.rejection.detail);
    return 1;
  }
  process.stdout.write(
    `The payload at offset ${what.data.offset} of ${stream.data} is erased, as the event at offset ${answer.event.offset} tells.\n`
  );
  if (!isGone) {
    console.error(
      'Another program reads the journal: until it has ended and the journal was opened again, the file journal.db-wal holds the erased bytes.'
    );
  }
  return 0;
}

redact(process.argv.slice(2)).then(
  code => process.exit(code),
  (error: unknown) => {
    if (error instanceof JournalUnusable) {
      console.error(error.code === 'journal-locked' ? IN_USE : `${error.message} ${error.remedy}`);
      process.exit(1);
    }
    console.error(reasonOf(error));
    process.exit(2);
  }
);
