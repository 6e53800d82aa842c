/** Exports in every form, and exports taken into another journal. */
import { createHash } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordCheck } from '../../agent/core/record/check.js';
import { nodeHashing } from '../../agent/journal/hashing.js';
import { noteReader } from '../../agent/record/notes.js';
import { ExportLine, type Draft, type Event, type StreamPath } from '../../schema/index.js';
import {
  addTo,
  ANN,
  cell,
  draft,
  NOTEBOOK,
  openJournal,
  posted,
  RecordWorld,
  RUNTIME,
  run
} from './record-world.js';

const GUIDE = readFileSync(join(import.meta.dirname, '../../docs/guide/export.md'), 'utf8');
const SOURCE = 'print("grüße, \\u2028")';

interface ProvDocument {
  readonly [section: string]: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface CrateEntity {
  readonly [property: string]: unknown;
  readonly '@id': string;
  readonly '@type': string | readonly string[];
}

const world = new RecordWorld();
let dataDir = '';

beforeAll(async () => {
  await world.build();
  dataDir = await world.journal({
    [NOTEBOOK]: [
      cell(0, 'a', SOURCE),
      ...run(1, 'a', SOURCE),
      draft(5, RUNTIME, {
        ...{ type: 'output.cleared', v: 1 },
        data: { cellId: 'a', index: 0, count: 1 }
      } as unknown as Draft),
      ...run(6, 'a', SOURCE),
      ...run(12, 'b', '1/0', 'division, "by" zero\nat once')
    ],
    [`${NOTEBOOK}/conversations/1`]: [posted(20, 'said', { text: 'a, "b"\r\nc' })],
    '/lab/one': [posted(21, 'measured', { celsius: 21.5 }), posted(22, 'measured', {})],
    '/lab': [posted(23, 'begun', {})]
  });
});
afterAll(() => world.remove());

const exported = async (...args: string[]) => {
  const { code, error, out } = await world.run('export', '--dir', dataDir, ...args);
  expect([code, error]).toEqual([0, '']);
  return out;
};
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => ExportLine.parse(JSON.parse(line)));
const eventsIn = (text: string): Event[] =>
  linesOf(text).flatMap(line => ('event' in line ? [line.event] : []));

describe('an export', () => {
  it('[Q12] as JSON Lines is whole, ordered and verifies against the key of the journal', async () => {
    for (const [args, count] of [
      [['--all'], 19],
      [['--notebook', 'file-1'], 15],
      [['--stream', '/lab'], 1]
    ] as const) {
      const lines = linesOf(await exported(...args));
      const [header] = lines;
      const key = header && 'key' in header ? header.key : '';
      const whole = args[0] === '--all';
      const check = new RecordCheck({ hashing: nodeHashing, readNote: noteReader(key), whole });
      const faults = lines.slice(1).map(line => check.take(line));
      expect([...faults, check.finish()].filter(fault => fault !== null)).toEqual([]);
      expect(lines.filter(line => 'event' in line)).toHaveLength(count);
      expect(check.tally().checkpoints).toBe(1);
    }
  });

  it('[Q13] as CSV has one row for each event, in the columns of the guide', async () => {
    const told = [...GUIDE.matchAll(/^\| `(\w+)` \| .+ \|$/gm)].map(match => match[1]);
    const rows = parseCsv(await exported('--all', '--format', 'csv'));
    expect(rows[0]).toEqual(told);
    const events = eventsIn(await exported('--all')).toSorted((a, b) =>
      a.stream === b.stream ? a.offset - b.offset : a.stream < b.stream ? -1 : 1
    );
    expect(rows.slice(1).map(row => [row[0], Number(row[1]), row[12]])).toEqual(
      events.map(({ stream, offset, id }) => [stream, offset, id])
    );
    const said = rows.find(row => row[3] === 'said');
    expect(said?.slice(4, 9)).toEqual(['human', 'ann', ANN.name, '', '']);
    expect(JSON.parse(said?.[13] ?? '')).toEqual({ text: 'a, "b"\r\nc' });
  });

  it('[Q14] as PROV-JSON says who ran what, on whose behalf, from which source, and what it gave', async () => {
    const { prefix, ...sections } = JSON.parse(
      await exported('--notebook', 'file-1', '--format', 'prov')
    ) as ProvDocument;
    const { entity = {}, activity = {}, agent = {} } = sections;
    const defined = new Set(Object.keys({ ...entity, ...activity, ...agent }));
    const prefixes = new Set([...Object.keys(prefix ?? {}), 'prov', 'xsd']);
    const required: Readonly<Record<string, readonly [string, string]>> = {
      used: ['prov:activity', 'prov:entity'],
      wasGeneratedBy: ['prov:entity', 'prov:activity'],
      wasAssociatedWith: ['prov:activity', 'prov:agent'],
      wasAttributedTo: ['prov:entity', 'prov:agent'],
      actedOnBehalfOf: ['prov:delegate', 'prov:responsible']
    };
    expect(Object.keys(sections).toSorted()).toEqual(
      ['entity', 'activity', 'agent', ...Object.keys(required)].toSorted()
    );
    for (const id of defined) {
      const [name = '', local = ''] = id.split(':');
      expect(prefixes.has(name) && /^[\w.%-]+$/.test(local), id).toBe(true);
    }
    for (const [section, [from, to]] of Object.entries(required)) {
      for (const [id, relation] of Object.entries(sections[section] ?? {})) {
        expect(id).toMatch(/^_:[\w.%-]+$/);
        expect([defined.has(String(relation[from])), defined.has(String(relation[to]))]).toEqual([
          true,
          true
        ]);
      }
    }
    expect(Object.keys(activity)).toHaveLength(3);
    expect(activity['execution:b-12']).toMatchObject({
      'prov:startTime': '2026-01-02T03:00:13.000Z',
      'prov:endTime': '2026-01-02T03:00:15.000Z',
      'colophon:outcome': 'error'
    });
    const used = Object.values(sections['used'] ?? {}).map(relation => relation['prov:entity']);
    expect(new Set(used).size).toBe(2);
    expect(entity[String(used[0])]?.['prov:value']).toBe(SOURCE);
    const roles = Object.values(sections['wasAssociatedWith'] ?? {}).map(relation => [
      relation['prov:agent'],
      relation['prov:role']
    ]);
    expect(roles).toContainEqual(['software:runtime-colophon-runtime', 'runner']);
    expect(roles).toContainEqual(['person:ann', 'requester']);
    expect(Object.values(sections['actedOnBehalfOf'] ?? {})).toEqual([
      { 'prov:delegate': 'software:runtime-colophon-runtime', 'prov:responsible': 'person:ann' }
    ]);
    expect(agent['person:ann']?.['prov:type']).toEqual({
      $: 'prov:Person',
      type: 'prov:QUALIFIED_NAME'
    });
    // The output that was cleared for the next run is still what the first one gave.
    expect(Object.keys(sections['wasGeneratedBy'] ?? {})).toHaveLength(3);
  });

  it('[Q15] as a crate is a Process Run Crate, with every file that it names', async () => {
    const folder = world.path('crate');
    await exported('--notebook', 'file-1', '--format', 'crate', '--output', folder);
    const metadata = JSON.parse(readFileSync(join(folder, 'ro-crate-metadata.json'), 'utf8')) as {
      readonly '@graph': readonly CrateEntity[];
    };
    const graph = new Map(metadata['@graph'].map(entity => [entity['@id'], entity]));
    expect(graph.size).toBe(metadata['@graph'].length);
    for (const id of referencesOf(metadata['@graph'])) {
      expect(graph.has(id) || id.startsWith('http'), id).toBe(true);
    }
    expect(graph.get('ro-crate-metadata.json')).toMatchObject({
      '@type': 'CreativeWork',
      about: { '@id': './' },
      conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' }
    });
    const root = graph.get('./');
    for (const property of ['name', 'description', 'datePublished', 'license']) {
      expect(String(root?.[property]).length).toBeGreaterThan(5);
    }
    expect(root?.['conformsTo']).toEqual({ '@id': 'https://w3id.org/ro/wfrun/process/0.5' });
    const files = metadata['@graph'].filter(entity => [entity['@type']].flat().includes('File'));
    expect(root?.['hasPart']).toEqual(files.map(file => ({ '@id': file['@id'] })));
    for (const file of files) {
      const bytes = readFileSync(join(folder, file['@id']));
      const sum = createHash('sha256').update(bytes).digest('hex');
      expect(file['sha256'] ?? sum).toBe(sum);
    }
    const actions = metadata['@graph'].filter(entity => entity['@type'] === 'CreateAction');
    expect(root?.['mentions']).toEqual(actions.map(action => ({ '@id': action['@id'] })));
    expect(actions).toHaveLength(3);
    const failed = actions.find(action => action['@id'] === '#execution-b-12');
    expect(failed).toMatchObject({
      agent: { '@id': '#human-ann' },
      instrument: { '@id': 'urn:colophon:kernel:python3' },
      startTime: '2026-01-02T03:00:13.000+00:00',
      endTime: '2026-01-02T03:00:15.000+00:00',
      actionStatus: 'http://schema.org/FailedActionStatus',
      error: 'ValueError: division, "by" zero\nat once'
    });
    expect(graph.get('#human-ann')?.['@type']).toBe('Person');
    expect(graph.get('urn:colophon:kernel:python3')?.['@type']).toBe('SoftwareApplication');
    const source = failed?.['object'] as { readonly '@id': string };
    expect(readFileSync(join(folder, source['@id']), 'utf8')).toBe('1/0');
    expect(graph.get(source['@id'])?.['@type']).toBe('File');
    expect(failed?.['result']).toEqual({ '@id': 'outputs/b-12.json' });
    expect(eventsIn(readFileSync(join(folder, 'events.jsonl'), 'utf8'))).toHaveLength(15);
    const again = await world.run(
      ...['export', '--dir', dataDir, '--all', '--format', 'crate', '--output', folder]
    );
    expect([again.code, again.error]).toEqual([
      1,
      `The folder ${folder} is not empty. Name a new one.\n`
    ]);
  });

  it('[Q16] as an archive holds the same files, readable by any program', async () => {
    const archive = world.path('crate.zip');
    await exported('--notebook', 'file-1', '--format', 'crate', '--output', archive);
    const list =
      'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; ' +
      'print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))';
    const files = JSON.parse(
      execFileSync(join('.venv', 'bin', 'python'), ['-c', list, archive], { encoding: 'utf8' })
    ) as Record<string, string>;
    expect(Object.keys(files)).toHaveLength(7);
    expect(Object.values(files)).toContain('1/0');
    expect(eventsIn(files['events.jsonl'] ?? '')).toHaveLength(15);
  });

  it('[Q17] is of one moment, while a host writes on', async () => {
    const folder = await world.journal({ '/busy': [posted(0, 'first', {})] });
    const { journal } = openJournal(folder);
    const stream = '/busy' as StreamPath;
    let writing = true;
    const written = (async () => {
      while (writing) {
        await journal.append({ stream, events: [posted(1, 'more', {}), posted(2, 'more', {})] })
          .durable;
      }
    })();
    const { out, error } = await world.run('export', '--dir', folder, '--stream', '/busy');
    writing = false;
    await written;
    const offsets = eventsIn(out).map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, index) => index + 1));
    expect([offsets.length % 2, error]).toEqual([1, '']);
    expect(journal.head(stream)).toBeGreaterThan(offsets.length);
    await journal.close();
  });

  it('[Q18] that cannot be made says why, in one line and by its exit code', async () => {
    const attempt = async (...args: string[]) => {
      const { code, out, error } = await world.run('export', ...args);
      expect([out, error.trimEnd().split('\n').length]).toEqual(['', 1]);
      return code;
    };
    expect(await attempt('--dir', world.path('nowhere'), '--all')).toBe(2);
    expect(await attempt('--dir', dataDir)).toBe(2);
    expect(await attempt('--dir', dataDir, '--all', '--stream', '/lab')).toBe(2);
    expect(await attempt('--dir', dataDir, '--all', '--format', 'pdf')).toBe(2);
    expect(await attempt('--dir', dataDir, '--stream', '/nothing')).toBe(2);
    const broken = world.path('broken');
    execFileSync('mkdir', [broken]);
    writeFileSync(join(broken, 'journal.db'), 'this is no database');
    expect(await attempt('--dir', broken, '--all')).toBe(2);
    const output = world.path('x/y.csv');
    expect(await attempt('--dir', dataDir, '--all', '--format', 'csv', '--output', output)).toBe(1);
    expect(existsSync(output)).toBe(false);
    expect(await attempt('--dir', dataDir, '--all', '--output', world.folder)).toBe(1);
    expect(await attempt('--dir', dataDir, '--stream', 'no-slash')).toBe(2);
    expect(await attempt('--dir', dataDir, '--all', '--bogus')).toBe(2);
  });

  it('[Q29] that is cut off leaves nothing that looks like an export, and can be made again', async () => {
    const folder = world.path('cut');
    const events = Array.from({ length: 4000 }, (_, n) => run(n * 5, `c${n}`, `print(${n})`));
    const long = await world.journal({ [NOTEBOOK]: events.flat() });
    const args = ['export', '--dir', long, '--all', '--format', 'crate', '--output', folder];
    const watcher = watch(world.folder);
    const begun = once(watcher, 'change');
    const cut = spawn(process.execPath, [join(world.programs, 'cli.js'), ...args]);
    await begun;
    cut.kill('SIGKILL');
    await once(cut, 'close');
    watcher.close();
    expect([existsSync(folder), existsSync(`${folder}.partial`)]).toEqual([false, true]);
    const again = await world.run(...args);
    expect([again.code, again.error]).toEqual([1, expect.stringContaining('Remove it first')]);
    rmSync(`${folder}.partial`, { recursive: true });
    mkdirSync(folder);
    expect((await world.run(...args)).code).toBe(0);
    expect(existsSync(join(folder, 'ro-crate-metadata.json'))).toBe(true);
    expect(existsSync(`${folder}.partial`)).toBe(false);
  });
});

describe('an import', () => {
  let file = '';
  let key = '';
  let origin = '';

  beforeAll(async () => {
    file = world.path('export.jsonl');
    await exported('--all', '--output', file);
    const [header] = linesOf(readFileSync(file, 'utf8'));
    key = header && 'key' in header ? header.key : '';
    origin = `/imported/${(key.split('+')[0] ?? '').replace('/', '-')}`;
  });

  const importing = (target: string, ...args: string[]) =>
    world.run('import', ...args, '--dir', target);
  const rows = async (target: string, sql: string) => {
    const { out } = await world.run('query', sql, '--dir', target, '--format', 'jsonl');
    return out
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>);
  };
  const all = (target: string) =>
    rows(
      target,
      "SELECT stream, offset, id, type, at, actor_id, via, assurance FROM events WHERE origin = 'imported' ORDER BY stream, offset"
    );

  it('[Q19] keeps every event at its offset with its actor, and says that it is not of here', async () => {
    const target = world.path('imported');
    const done = await importing(target, file);
    expect([done.code, done.error]).toEqual([0, '']);
    const expected = eventsIn(readFileSync(file, 'utf8'));
    const imported = await all(target);
    expect(imported).toHaveLength(expected.length);
    for (const event of expected) {
      expect(imported).toContainEqual(
        expect.objectContaining({
          stream: `${origin}${event.stream}`,
          ...{ offset: event.offset, id: event.id, at: event.at },
          actor_id: event.actor.id,
          assurance: 'unverified'
        })
      );
    }
    expect(new Set(imported.map(row => row['via'])).size).toBe(1);
    const { journal } = openJournal(target);
    const [first] = journal.read(`${origin}/lab` as StreamPath);
    expect(first?.type).toBe('event.imported');
    expect(first?.data).toMatchObject({ event: expected.find(each => each.stream === '/lab') });
    expect(first?.actor.kind).toBe('human');
    await journal.close();
    expect(await rows(target, 'SELECT cell_id FROM executions')).toHaveLength(3);
    expect(await rows(target, "SELECT type FROM events WHERE stream = '/imports'")).toEqual([
      { type: 'export-imported' }
    ]);
  });

  it('[Q20] twice imports nothing twice, and a later export adds what is new', async () => {
    const target = world.path('twice');
    const source = await world.journal({ '/lab': [posted(0, 'one', {})] });
    const first = world.path('first.jsonl');
    await world.run('export', '--dir', source, '--all', '--output', first);
    await importing(target, first);
    const before = await all(target);
    expect((await importing(target, first)).out).toContain('0 events of');
    expect(await all(target)).toEqual(before);
    await addTo(source, { '/lab': [posted(1, 'two', {})] });
    const second = world.path('second.jsonl');
    await world.run('export', '--dir', source, '--all', '--output', second);
    await importing(target, second);
    const types = (await all(target)).map(row => row['type']);
    expect(types.filter(type => type !== 'record.checkpointed')).toEqual(['one', 'two']);
    const notes = "SELECT count(*) AS n FROM events WHERE stream = '/imports'";
    expect(await rows(target, notes)).toEqual([{ n: 2 }]);
  });

  it('[Q21] refuses a file that does not verify, and takes nothing of it', async () => {
    const text = readFileSync(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const damaged: Readonly<Record<string, string>> = {
      altered: text.replace('"celsius":21.5', '"celsius":99.5'),
      shortened: lines.toSpliced(5, 1).join('\n'),
      reordered: [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'),
      torn: text.slice(0, -200),
      headless: lines.slice(1).join('\n'),
      empty: '',
      other: '{"some": "json"}\n'
    };
    for (const [name, content] of Object.entries(damaged)) {
      const path = world.path(`${name}.jsonl`);
      writeFileSync(path, content);
      const target = world.path(`refused-${name}`);
      const refused = await importing(target, path);
      expect([name, refused.code, refused.out]).toEqual([name, 1, '']);
      expect(refused.error.trimEnd().split('\n')).toHaveLength(1);
      expect(await all(target)).toEqual([]);
    }
    const altered = world.path('altered.jsonl');
    const taken = await importing(world.path('taken'), altered, '--unverified', '--key', key);
    expect([taken.code, taken.out]).toEqual([0, expect.stringContaining(' 0 of the new ones')]);
    expect(new Set((await all(world.path('taken'))).map(row => row['assurance']))).toEqual(
      new Set(['unverified'])
    );
  });

  it('[Q21] refuses what no query could read, also unverified', async () => {
    const deep = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`;
    const path = world.path('deep.jsonl');
    writeFileSync(path, readFileSync(file, 'utf8').replace('"celsius":21.5', `"celsius":${deep}`));
    const target = world.path('refused-deep');
    const refused = await importing(target, path, '--unverified');
    expect([refused.code, refused.error]).toEqual([
      1,
      expect.stringMatching(/^Line \d+ holds an event that is nested deeper than 500 levels: .*\n$/)
    ]);
    expect(await all(target)).toEqual([]);
  });

  it('[Q22] trusts what the given key has signed, and no other key', async () => {
    const target = world.path('trusted');
    expect((await importing(target, file, '--key', key)).code).toBe(0);
    const byAssurance =
      "SELECT assurance, count(*) AS n FROM events WHERE origin = 'imported' GROUP BY 1";
    // The checkpoint's own event is not covered by it.
    expect(await rows(target, byAssurance)).toEqual([
      { assurance: 'relayed', n: 18 },
      { assurance: 'unverified', n: 1 }
    ]);
    const other = await world.journal({ '/x': [posted(0, 'x', {})] });
    const otherFile = world.path('other-key.jsonl');
    await world.run('export', '--dir', other, '--all', '--output', otherFile);
    const refused = await importing(world.path('untrusted'), otherFile, '--key', key);
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('another journal')]);
  });

  it('[Q23] changes nothing that is there, and asks for another place', async () => {
    const target = await world.journal({ '/imported/mine/lab': [posted(0, 'of here', {})] });
    const refused = await importing(target, file, '--into', 'mine');
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining('--into')]);
    expect(await all(target)).toEqual([]);
    expect((await importing(target, file, '--into', 'theirs')).code).toBe(0);
    expect(
      (await all(target)).every(row => String(row['stream']).startsWith('/imported/theirs/'))
    ).toBe(true);
    for (const into of ['../up', 'a/..', '/a', 'a b', '']) {
      expect((await importing(target, file, `--into=${into}`)).code).toBe(2);
    }
  });

  it('[Q24] waits for no host: it says that one uses the folder', async () => {
    const target = await world.journal({ '/x': [posted(0, 'x', {})] });
    const { journal } = openJournal(target);
    const refused = await importing(target, file);
    await journal.close();
    expect([refused.code, refused.error]).toEqual([
      1,
      expect.stringContaining('Another Colophon host uses the folder')
    ]);
    expect((await importing(target, world.path('none.jsonl'))).code).toBe(2);
    expect(readdirSync(target)).toContain('journal.db');
  });
});

/** RFC 4180, strictly. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const match = field.exec(text);
    if (match === null) {
      throw new Error(`No CSV at ${at}: ${text.slice(at, at + 40)}`);
    }
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesOf);
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const members = Object.entries(value);
  const [only] = members;
  return members.length === 1 && only?.[0] === '@id'
    ? [String(only[1])]
    : members.flatMap(([, member]) => referencesOf(member));
}
