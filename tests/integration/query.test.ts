/** Questions in SQL: the documented views, and everything that a query must not be able to do. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../agent/clock.js';
import { randomIds } from '../../agent/ids.js';
import type { QueryRequest } from '../../agent/ports/record.js';
import { ask, type Said } from '../../agent/query/ask.js';
import { Queries } from '../../agent/query/queries.js';
import { VIEW_NAMES } from '../../agent/query/views.js';
import type { StreamPath } from '../../schema/index.js';
import { cell, NOTEBOOK, openJournal, posted, RecordWorld, run } from './record-world.js';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/guide/query.md'), 'utf8');
const SECRET = 'nobody-may-read-this';

describe('a query', () => {
  const world = new RecordWorld();
  let dataDir = '';
  let queries: Queries;

  beforeAll(async () => {
    await world.build();
    dataDir = await world.journal({
      [NOTEBOOK]: [
        cell(0, 'a', 'print(1)'),
        ...run(1, 'a', 'print(1)'),
        ...run(9, 'b', '1/0', 'no')
      ],
      '/lab': [posted(20, 'measured', { celsius: 21.5 })],
      '/private': [posted(30, 'hidden', { text: SECRET })]
    });
    const path = join(dataDir, 'journal.db');
    const database = new DatabaseSync(path);
    database.prepare('INSERT INTO ds_keys VALUES (?, ?)').run('kid', SECRET);
    database.prepare('UPDATE record_key SET private_key = ?').run(SECRET);
    database.close();
    const program = join(world.programs, 'query-process.js');
    queries = new Queries({ program, path, clock: systemClock, ids: randomIds });
  });
  afterAll(() => world.remove());

  const query = (sql: string, options: Partial<QueryRequest> = {}) =>
    queries.query({ sql, maxRows: 1000, timeoutMs: 20_000, ...options });
  const rows = async (sql: string, options: Partial<QueryRequest> = {}) => {
    const answer = await query(sql, options);
    return 'failure' in answer ? answer.failure : answer.rows;
  };
  const failure = async (sql: string, options: Partial<QueryRequest> = {}) => {
    const answer = await query(sql, options);
    return 'failure' in answer ? answer.failure : undefined;
  };
  /** In this process, without the limits that only a process of its own has. */
  const said = (sql: string, streams?: readonly StreamPath[]): Said[] => {
    const all: Said[] = [];
    const path = join(dataDir, 'journal.db');
    const limits = { maxRows: 200, maxBytes: 1_000_000, secret: randomIds.secret() };
    ask({ path, sql, ...limits, ...(streams && { streams }) }, what => all.push(what));
    return all;
  };
  const fingerprint = () =>
    readdirSync(dataDir)
      .filter(name => name === 'journal.db')
      .map(name =>
        createHash('sha256')
          .update(readFileSync(join(dataDir, name)))
          .digest('hex')
      );

  it('[Q1] reads runs, cells, outputs, actors and streams from the views', async () => {
    const runs =
      'SELECT cell_id, requested_by, seconds, outcome, error_name, error_value FROM executions ORDER BY 1';
    expect(await rows(runs)).toEqual([
      ['a', 'ann', 2, 'ok', null, null],
      ['b', 'ann', 2, 'error', 'ValueError', 'no']
    ]);
    expect(await rows('SELECT cell_id, execution_id, preview FROM outputs ORDER BY 1')).toEqual([
      ['a', 'a-1', 'hello\n'],
      ['b', 'b-9', 'hello\n']
    ]);
    expect(await rows('SELECT cell_id, cell_type, runs, outcome FROM cells ORDER BY 1')).toEqual([
      ['a', 'code', 1, 'ok'],
      ['b', null, 1, 'error']
    ]);
    const lab = "SELECT type, origin, data ->> '$.celsius' FROM events WHERE stream = ?";
    expect(await rows(lab, { parameters: ['/lab'] })).toEqual([['measured', 'posted', 21.5]]);
    const actors = "SELECT kind, events FROM actors WHERE id = :id AND kind = 'human'";
    expect(await rows(actors, { parameters: { id: 'ann' } })).toEqual([['human', 5]]);
    expect(await rows('SELECT file_id, events FROM streams WHERE file_id IS NOT NULL')).toEqual([
      ['file-1', 9]
    ]);
  });

  it.each(VIEW_NAMES)(
    '[Q2] the guide names every column of %s, and its rows can be counted',
    async view => {
      const section = GUIDE.split(`### ${view}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
      const told = [...section.matchAll(/^\| `(\w+)` \| .+ \|$/gm)].map(match => match[1]);
      const answer = await query(`SELECT * FROM ${view}`);
      expect('columns' in answer && answer.columns).toEqual(told);
      const count = 'rows' in answer ? answer.rows.length : 0;
      expect(await rows(`SELECT count(*) FROM ${view}`)).toEqual([[count]]);
    }
  );

  it('[Q3] every question of the guide has an answer', async () => {
    const questions = [...GUIDE.matchAll(/```sql\n([\s\S]+?)```/g)].map(match => match[1] ?? '');
    expect(questions.length).toBeGreaterThanOrEqual(10);
    for (const question of questions) {
      expect(await failure(question), question).toBeUndefined();
    }
  });

  it('[Q4] sees what a host has just made durable, while it goes on writing', async () => {
    const { journal } = openJournal(dataDir);
    const count = "SELECT count(*) FROM events WHERE stream = '/live'";
    await journal.append({ stream: '/live' as StreamPath, events: [posted(40, 'x', {})] }).durable;
    expect(await rows(count)).toEqual([[1]]);
    await journal.append({ stream: '/live' as StreamPath, events: [posted(41, 'x', {})] }).durable;
    expect(await rows(count)).toEqual([[2]]);
    await journal.close();
    expect(await rows(count)).toEqual([[2]]);
  });

  it.each([
    "ATTACH 'other.db' AS other",
    'DETACH main',
    'PRAGMA table_list',
    "PRAGMA temp_store_directory = '/tmp'",
    "SELECT * FROM pragma_table_info('events')",
    'SELECT * FROM sqlite_schema',
    'SELECT * FROM temp.sqlite_schema',
    'SELECT * FROM main.events',
    'SELECT count(*) FROM main.events',
    'SELECT count(*) FROM main.streams',
    'SELECT * FROM ds_keys',
    'SELECT private_key FROM record_key',
    'SELECT count(*) FROM ds_keys',
    'SELECT count(*) FROM DS_KEYS',
    'SELECT count(*) FROM record_tree, events',
    'SELECT count(*) FROM dbstat',
    'SELECT count(*) FROM SQLITE_MASTER',
    'SELECT count(*) FROM pragma_table_list',
    'SELECT 1 FROM events WHERE EXISTS (SELECT 1 FROM ds_keys)',
    'WITH events AS (SELECT * FROM ds_keys) SELECT * FROM events',
    'WITH executions AS (SELECT * FROM main.events) SELECT * FROM executions',
    'SELECT * FROM (SELECT * FROM main.streams) AS events',
    'INSERT INTO events VALUES (1)',
    'INSERT INTO main.streams (path) VALUES (1)',
    'UPDATE main.events SET data = 1',
    'DELETE FROM main.events',
    'DROP TABLE main.events',
    'CREATE TABLE x (a)',
    'CREATE TEMP TABLE x (a)',
    'CREATE TEMP VIEW x AS SELECT * FROM main.ds_keys',
    'CREATE TEMP TRIGGER t INSTEAD OF DELETE ON events BEGIN SELECT 1; END',
    'CREATE VIRTUAL TABLE temp.x USING fts5(a)',
    'BEGIN',
    'SAVEPOINT a',
    "VACUUM INTO 'copy.db'",
    'VACUUM',
    'REINDEX',
    'ANALYZE',
    "SELECT load_extension('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('x', 'y')",
    "SELECT edit('x')",
    'SELECT * FROM dbstat',
    "SELECT sqlite_log(1, 'x')",
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE main.events',
    '',
    '-- nothing'
  ])('[Q5] is refused, and nothing is read or written: %s', async sql => {
    const before = fingerprint();
    const entries = readdirSync(world.folder);
    const refused = await failure(sql);
    expect(refused?.code).toBe('query-refused');
    expect(refused?.detail.length).toBeGreaterThan(20);
    expect(JSON.stringify(refused)).not.toContain(SECRET);
    expect(fingerprint()).toEqual(before);
    expect(readdirSync(world.folder)).toEqual(entries);
  });

  it.each([
    [
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c',
      'query-timeout'
    ],
    [
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0',
      'query-timeout'
    ],
    [
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT randomblob(9999) b, x FROM c ORDER BY b',
      'query-too-large'
    ],
    ['SELECT randomblob(1000000000)', 'query-too-large'],
    ['SELECT zeroblob(1000000000)', 'query-too-large'],
    ["SELECT printf('%1000000000d', 1)", 'query-too-large'],
    ["SELECT replace(hex(zeroblob(10000000)), '0', 'aaaa')", 'query-too-large']
  ])('[Q6] is stopped when it wants too much time or memory: %s', async (sql, code) => {
    const refused = await failure(sql, { timeoutMs: code === 'query-timeout' ? 700 : 20_000 });
    expect(refused?.code).toBe(code);
    expect(await rows('SELECT 1')).toEqual([[1]]);
  });

  it('[Q7] gives no more rows than are asked for, and says that there are more', async () => {
    const sql = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c';
    const answer = await query(sql, { maxRows: 3 });
    expect(answer).toMatchObject({ columns: ['x'], rows: [[1], [2], [3]], truncated: true });
    const exact = await query(`${sql} LIMIT 3`, { maxRows: 3 });
    expect(exact).toMatchObject({ rows: [[1], [2], [3]], truncated: false });
    const wide = await query(`SELECT hex(zeroblob(500000)) FROM (${sql})`, { maxRows: 10_000 });
    expect('rows' in wide && wide.truncated && wide.rows.length < 40).toBe(true);
    const long = await query("SELECT replace(hex(zeroblob(1000000)), '00', 'ab')");
    expect('rows' in long && long.truncated && String(long.rows[0]?.[0]).length).toBe(1_048_577);
  });

  it('[Q8] says what is wrong in the words of SQLite, and where', async () => {
    expect(await failure('SELECT *\nFROM nowhere')).toEqual({
      code: 'query-refused',
      detail: 'SQLite says: no such table: nowhere.',
      at: { line: 2, column: 6 }
    });
    expect(await failure('SELEC 1')).toMatchObject({ at: { line: 1, column: 1 } });
    expect(await failure('SELECT wrong FROM events')).toMatchObject({ at: { line: 1, column: 8 } });
    expect((await failure('SELECT 1 +'))?.detail).toContain('incomplete input');
    expect((await failure('SELECT :n', { parameters: { m: 1 } }))?.detail).toContain("'m'");
    expect((await failure('SELECT ?', { parameters: [1, 2] }))?.detail).toContain(
      'More parameters'
    );
  });

  it('[Q31] is stopped when nobody waits for it any more, and leaves room for others', async () => {
    const endless =
      'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
    const gone = new AbortController();
    const asked = { sql: endless, maxRows: 1, timeoutMs: 60_000 };
    const left = [1, 2, 3, 4].map(() => queries.query(asked, gone.signal));
    expect(await failure('SELECT 1')).toMatchObject({ code: 'query-unavailable' });
    gone.abort();
    expect(await Promise.all(left)).toHaveLength(4);
    expect(await rows('SELECT 1')).toEqual([[1]]);
  });

  it('[Q9] sees the streams that may be read, whatever it asks', async () => {
    const streams = [NOTEBOOK, '/lab'] as StreamPath[];
    expect(await rows('SELECT stream FROM streams ORDER BY 1', { streams })).toEqual([
      ['/lab'],
      [NOTEBOOK]
    ]);
    expect(await rows('SELECT count(*) FROM events', { streams })).toEqual([[10]]);
    expect(await rows('SELECT count(*) FROM events', { streams: [] })).toEqual([[0]]);
    expect(
      await rows('SELECT sum(events) FROM actors', { streams: ['/lab' as StreamPath] })
    ).toEqual([[1]]);
    const hidden = "SELECT * FROM events WHERE data GLOB '*nobody*' OR stream = '/private'";
    expect(await rows(hidden, { streams })).toEqual([]);
    expect(await rows(hidden)).toHaveLength(1);
  });

  it('[Q9] tries nothing of the query on what may not be read: an error would tell of it', async () => {
    const streams = [NOTEBOOK, '/lab'] as StreamPath[];
    const told = (test: string) => `CASE WHEN ${test} THEN abs(-9223372036854775807 - 1) END`;
    const hidden = "stream NOT IN ('/lab', '/notebooks/file-1')";
    const asked = [
      ...[11, 12, 13].map(seq => `SELECT 1 FROM events WHERE seq = ${seq} AND ${told(hidden)}`),
      `SELECT 1 FROM events WHERE seq > 9 AND ${told(`data GLOB '*${SECRET}*'`)}`,
      `SELECT 1 FROM events WHERE offset = 1 AND ${told("type = 'hidden'")}`,
      `SELECT 1 FROM events WHERE stream = '/private' AND ${told("at > ''")}`,
      `SELECT 1 FROM events a JOIN events b ON b.seq = a.seq + 1 AND ${told("b.type = 'hidden'")}`,
      `SELECT 1 FROM streams WHERE stream = '/private' AND ${told("created_at > ''")}`,
      `SELECT 1 FROM streams s LEFT JOIN events e ON ${told("e.type = 'hidden'")}`,
      ...['streams', 'cells', 'executions', 'outputs'].map(
        view => `SELECT 1 FROM ${view} WHERE ${told(hidden)}`
      ),
      `SELECT 1 FROM streams GROUP BY stream HAVING ${told(hidden)}`
    ];
    for (const sql of asked) {
      expect(await failure(sql, { streams }), sql).toBeUndefined();
    }
    expect(await failure(asked[3] ?? '')).toMatchObject({ code: 'query-refused' });
  });

  it('[Q10] keeps every secret, whatever words it is made of', () => {
    const word = fc.constantFrom(
      ...['SELECT', '*', 'FROM', 'WHERE', 'WITH', 'AS', '(', ')', ',', ';', '.', 'main', 'temp'],
      ...[
        'events',
        'streams',
        'executions',
        'cells',
        'ds_keys',
        'record_key',
        'private_key',
        'data'
      ],
      ...[
        'sqlite_schema',
        'sql',
        'JOIN',
        'UNION',
        'ALL',
        'ON',
        '1',
        "'x'",
        'count(*)',
        'NULL',
        'IN'
      ],
      ...['EXPLAIN', 'PRAGMA', 'ATTACH', 'INSERT INTO', 'VALUES', 'DELETE', 'json_each(data)', '--']
    );
    const table = fc.constantFrom('ds_keys', 'main.ds_keys', 'record_key', 'main.events', 'events');
    const whole = table.map(name => `WITH e AS (SELECT * FROM ${name}) SELECT * FROM e, events`);
    const sql = fc.oneof(
      fc.array(word, { maxLength: 12 }).map(words => words.join(' ')),
      fc.array(word, { maxLength: 8 }).map(words => `SELECT ${words.join(' ')}`),
      whole,
      fc.string({ maxLength: 40 })
    );
    const before = fingerprint();
    fc.assert(
      fc.property(sql, text => {
        const all = said(text, [NOTEBOOK, '/lab' as StreamPath]);
        const last = all.at(-1) ?? {};
        expect('truncated' in last || 'failure' in last).toBe(true);
        expect(JSON.stringify(all.filter(what => !('failure' in what)))).not.toContain(SECRET);
      }),
      { numRuns: 600 }
    );
    expect(fingerprint()).toEqual(before);
  });

  it('[Q11] the command prints the answer in four forms, and says what is wrong by its exit code', async () => {
    const sql = 'SELECT cell_id, outcome, error_value FROM executions ORDER BY 1';
    const asked = (...more: string[]) => world.run('query', sql, '--dir', dataDir, ...more);
    expect((await asked()).out).toMatch(
      /^cell_id {2}outcome {2}error_value\n─+ {2}─+ {2}─+\na +ok\nb +error +no\n$/
    );
    expect(JSON.parse((await asked('--format', 'json')).out)).toEqual([
      { cell_id: 'a', outcome: 'ok', error_value: null },
      { cell_id: 'b', outcome: 'error', error_value: 'no' }
    ]);
    expect((await asked('--format', 'jsonl')).out.trim().split('\n')).toHaveLength(2);
    expect((await asked('--format', 'csv')).out).toBe(
      'cell_id,outcome,error_value\r\na,ok,\r\nb,error,no\r\n'
    );
    const cut = await asked('--max-rows', '1', '--format', 'csv');
    expect([cut.code, cut.out.split('\r\n').length]).toEqual([0, 3]);
    expect(cut.error).toContain('--max-rows');
    const wrong = await world.run('query', 'SELECT x', '--dir', dataDir);
    expect([wrong.code, wrong.error]).toEqual([
      1,
      'SQLite says: no such column: x. (line 1, column 8)\n'
    ]);
    const nowhere = await world.run('query', sql, '--dir', world.path('nowhere'));
    expect([nowhere.code, nowhere.error.split('\n').length]).toEqual([2, 2]);
  });

  it('[Q30] each command tells how it is called, and names what is wrong with a call in one line', async () => {
    for (const name of ['query', 'export', 'import']) {
      const help = await world.run(name, '--help');
      expect([help.code, help.error]).toEqual([0, '']);
      expect(help.out.startsWith(`colophon ${name} `)).toBe(true);
      const [call = ''] = help.out.split('\n');
      for (const option of call.match(/--[a-z-]+/g) ?? []) {
        expect(help.out.match(new RegExp(`^ +${option} `, 'm')), option).not.toBeNull();
      }
    }
    const wrong: [string, ...string[]][] = [
      ['one query', 'query'],
      ['one query', 'query', 'SELECT', '1'],
      ['--format takes table, json, jsonl or csv, not "xml"', 'query', 'S', '--format', 'xml'],
      ['--format takes', 'query', 'S', '--format', 'constructor'],
      ['--max-rows', 'query', 'S', '--max-rows', '0'],
      ['--timeout', 'query', 'S', '--timeout', '-1'],
      ['--timeout', 'query', 'S', '--timeout', 'soon'],
      ["'--nonsense'", 'query', 'S', '--nonsense'],
      ['--stream PATH, --notebook FILE_ID or --all', 'export'],
      ['"kitchen" is no path', 'export', '--stream', 'kitchen'],
      ['not "pdf"', 'export', '--all', '--format', 'pdf'],
      ['one file', 'import'],
      ['--into', 'import', 'x', '--into', '../x']
    ];
    for (const [says, name = '', ...args] of wrong) {
      const { code, out, error } = await world.run(name, ...args);
      expect([code, out, error.split('\n').length], error).toEqual([2, '', 2]);
      expect(error).toContain(says);
      expect(error).toContain(`See: colophon ${name} --help`);
    }
  });
});
