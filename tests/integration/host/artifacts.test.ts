/** Output that notebooks keep outside their documents, on a real host and its disk. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactLink } from '../../../schema/index.js';
import { ArtifactWorld, displayOf, sha256 } from './artifact-world.js';
import { FakeServer, buildHost, until } from './host-process.js';

let built: Awaited<ReturnType<typeof buildHost>>;
beforeAll(async () => {
  built = await buildHost();
});
afterAll(() => built.remove());

function serverIn(dataDir: string, settings: object = {}, tap = 'tap-1'): FakeServer {
  return new FakeServer({ program: join(built.folder, 'host.js'), dataDir, settings, tap });
}

const folderOf = () => mkdtempSync(join(built.folder, 'data-'));
const placeOf = (dataDir: string, hash: string) =>
  join(dataDir, 'artifacts', hash.slice(0, 2), hash);
const LINES = Array.from({ length: 5000 }, (_, n) => `line ${n} é𝄞\n`).join('');

describe('output outside the document', () => {
  let dataDir: string;
  let server: FakeServer;
  let one: ArtifactWorld;
  let other: ArtifactWorld;
  beforeAll(async () => {
    dataDir = folderOf();
    server = serverIn(dataDir);
    await server.start();
    one = await new ArtifactWorld(server, 'f1').open();
    other = await new ArtifactWorld(server, 'f2').open();
  });
  afterAll(() => server.kill());

  it('[AR1] is uploaded in pieces at offsets; the same piece again changes nothing, a smaller offset takes back', async () => {
    expect(await one.piece('u1', 0, 'abc')).toEqual({ status: 200, body: { length: 3 } });
    expect((await one.piece('u1', 3, 'def')).body).toEqual({ length: 6 });
    expect((await one.piece('u1', 3, 'def')).body).toEqual({ length: 6 });
    expect((await one.piece('u1', 2, 'X')).body).toEqual({ length: 3 });
    const gap = await one.piece('u1', 9, 'y');
    expect([gap.status, gap.body]).toEqual([
      409,
      expect.objectContaining({ code: 'upload-behind', at: { length: 3 } })
    ]);
    expect(await one.text('u1')).toBe('abX');
    expect((await one.commit('u1', 9)).status).toBe(409);
  });

  it('[AR2] a commit gives the link, once and again, also for no bytes at all, and the fact is told once', async () => {
    const link = await one.store('u2', LINES);
    const bytes = Buffer.byteLength(LINES);
    expect(link).toEqual({
      hash: sha256(LINES),
      key: expect.any(String) as string,
      mediaType: 'text/plain',
      ...{ bytes, lines: 5000 }
    });
    expect((await one.commit('u2', bytes)).body).toEqual(link);
    const again = ['a', 'b', 'c', 'd', 'e'].map(id => one.store(`u2${id}`, LINES));
    expect(await Promise.all(again)).toEqual([link, link, link, link, link]);
    expect(await one.text(link.hash)).toBe(LINES);
    const empty = await one.commit('nothing', 0, 'image/png');
    expect(empty.body).toMatchObject({ hash: sha256(''), bytes: 0 });
    expect(empty.body).not.toHaveProperty('lines');
    const told = await one.told();
    expect(told.map(event => [event.type, event.actor.kind, event.data])).toEqual([
      [
        'artifact.stored',
        'runtime',
        { hash: link.hash, bytes, lines: 5000, mediaType: 'text/plain' }
      ],
      ['artifact.stored', 'runtime', { hash: sha256(''), bytes: 0, mediaType: 'image/png' }]
    ]);
    expect(readdirSync(join(dataDir, 'artifacts', link.hash.slice(0, 2)))).toEqual([link.hash]);
  });

  it('[AR3] an upload that goes on after its commit leaves the artifact as it was', async () => {
    const link = await one.store('u3', 'one\ntwo\n');
    await one.piece('u3', 4, 'THREE\n');
    expect(await one.text('u3')).toBe('one\nTHREE\n');
    expect(await one.text(link.hash)).toBe('one\ntwo\n');
  });

  it('[AR17] whole values become artifacts in one request, each told once', async () => {
    const before = (await one.told()).length;
    const values = Array.from({ length: 12 }, (_, n) => `picture ${n % 6}\n`.repeat(2000));
    const stored = async (from: number): Promise<readonly ArtifactLink[]> => {
      const part = values.slice(from, from + 4).map((value, n) => [`w${from + n}`, value] as const);
      return (await one.values(part)).links;
    };
    const links = (await Promise.all([0, 4, 8].map(stored))).flat();
    for (const [n, value] of values.entries()) {
      const hash = sha256(value);
      expect(links[n]).toEqual({
        ...{ hash, key: expect.any(String) as string },
        ...{ mediaType: 'image/png', bytes: value.length }
      });
      expect(await one.text(hash)).toBe(value);
      expect(readdirSync(join(dataDir, 'artifacts', hash.slice(0, 2)))).toContain(hash);
    }
    expect((await one.told()).length - before).toBe(6);
    expect(await stored(0)).toEqual(links.slice(0, 4));
    const mixed = await one.values([
      ['w12', LINES, 'text/plain'],
      ['w13', '']
    ]);
    expect(mixed.links).toMatchObject([
      { hash: sha256(LINES), lines: 5000 },
      { hash: sha256(''), bytes: 0 }
    ]);
    const head = (bytes: unknown, mediaType = 'a/b') =>
      JSON.stringify([{ upload: 'w14', mediaType, bytes }]);
    for (const body of [
      ...['', 'x', '[]\n', `${head(1)}x`, `${head(1)}\n`, `${head(1)}\nxy`, `${head(-1)}\n`],
      ...[`${head('1')}\nx`, `${head(1, 'nonsense')}\nx`, `${head(1e12)}\nx`]
    ]) {
      expect([body, (await one.body(body)).status]).toEqual([body, 400]);
    }
    for (const by of ['ada', other.runtime]) {
      expect((await one.values([['w15', 'x']], by)).status).toBe(403);
    }
    expect((await one.values([['a b', 'x']])).status).toBe(400);
  });

  it('[AR19] what came together is there after a kill at any time, each by itself', async () => {
    const values = Array.from({ length: 20 }, (_, n) => `together ${n}\n`.repeat(500));
    const { links } = await one.values(values.map((value, n) => [`t${n}`, value] as const));
    expect(readdirSync(join(dataDir, 'artifacts', 'batches')).length).toBeGreaterThan(0);
    await server.kill();
    // A part of another batch, as a kill may leave it.
    const half = `${JSON.stringify([{ hash: sha256('lost'), bytes: 4 }])}\nlo`;
    writeFileSync(join(dataDir, 'artifacts', 'batches', 'half'), half);
    await server.start();
    for (const [n, value] of values.entries()) {
      expect(await one.text(links[n]!.hash)).toBe(value);
    }
    expect(existsSync(join(dataDir, 'artifacts', sha256('lost').slice(0, 2), sha256('lost')))).toBe(
      false
    );
    await until(
      () => readdirSync(join(dataDir, 'artifacts', 'batches')).length === 0,
      'the batches to be dispersed'
    );
    for (const [n, value] of values.entries()) {
      expect(await one.text(links[n]!.hash)).toBe(value);
    }
  });

  it('[AR4] only the runtime of the notebook uploads, and to its own notebook alone', async () => {
    for (const by of ['ada', other.runtime]) {
      const told = await one.piece('u4', 0, 'abc', by);
      expect([by, told.status, told.body['code']]).toEqual([by, 403, 'forbidden']);
      expect((await one.commit('u4', 0, 'text/plain', by)).status).toBe(403);
    }
    expect(await one.text('u1', other.runtime)).toBe(403);
    for (const id of ['..%2f..%2fkey', 'a%00b', 'a b', 'é', 'x'.repeat(129), sha256('')]) {
      expect([id, (await one.piece(id, 0, 'x')).status]).toEqual([id, 400]);
    }
    server.runtimes.set('lost', '/notebooks/unknown');
    const nowhere = await server.fetch(
      'artifacts/uploads/u?stream=/notebooks/unknown&offset=0',
      { method: 'POST', body: 'x' },
      'lost',
      { hostile: true }
    );
    expect(nowhere.status).toBe(404);
    await nowhere.arrayBuffer();
  });

  it('[AR5] nobody reads what the notebook does not refer to, with a guessed hash, either', async () => {
    const { hash, key: _key, ...rest } = await one.store('u5', 'secret of one\n');
    expect(await other.text(hash)).toBe(404);
    await other.outputs(displayOf({ hash, key: 'guessed', ...rest }));
    expect(await other.text(hash)).toBe(404);
    expect(await other.text('u5')).toBe(404);
    server.rights.set('carol', []);
    server.rights.set('bob', ['contents:read']);
    expect([await one.text(hash, 'carol'), await one.text(hash, 'bob')]).toEqual([
      403,
      'secret of one\n'
    ]);
    for (const id of ['..%2fkey', 'key', hash.toUpperCase(), `${hash}.new`, '%00']) {
      const response = await one.get(id);
      expect([id, response.status]).toEqual([id, 404]);
      await response.arrayBuffer();
    }
    expect((await server.fetch(`artifacts/${hash}?stream=/elsewhere`, {}, 'ada')).status).toBe(404);
  });

  it('[AR6] a copied output, with its key, is the copy’s own', async () => {
    const link = await one.store('u6', 'copied\n');
    await other.outputs(displayOf(link));
    await until(async () => (await other.text(link.hash)) === 'copied\n', 'the copy to be read');
  });

  it('[AR7] bytes come in a sandbox, as a file unless they are a picture or plain text, and in ranges', async () => {
    const { hash } = await one.store('u7', '0123456789');
    const text = await one.get(hash, { type: 'text/plain' });
    expect(Object.fromEntries(text.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox; default-src 'none'/) as string
    });
    const html = await one.get(hash, { type: 'text/html' });
    expect(html.headers.get('content-disposition')).toMatch(/^attachment; /);
    const named = await one.get(hash, { type: 'image/png', download: 'ä"\r\n/x.png' });
    expect(named.headers.get('content-disposition')).toBe(
      `attachment; filename="_____x.png"; filename*=UTF-8''%C3%A4%22___x.png`
    );
    const parts = [
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=4-999999999999', 206, '456789', 'bytes 4-9/10'],
      ['bytes=5-2', 200, '0123456789', null],
      ['bytes=1-2,4-5', 200, '0123456789', null],
      ['nonsense', 200, '0123456789', null]
    ] as const;
    for (const [Range, status, body, range] of parts) {
      const part = await one.get(hash, { type: 'text/plain' }, 'ada', { Range });
      const told = [Range, part.status, await part.text(), part.headers.get('content-range')];
      expect(told).toEqual([Range, status, body, range]);
    }
    const beyond = await one.get(hash, {}, 'ada', { Range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    for (const type of ['text/plain\r\nX: y', 'nonsense', 'a/b;c']) {
      expect([type, (await one.get(hash, { type })).status]).toEqual([type, 400]);
    }
  });

  it('[AR8] a text is read in lines and searched, whatever is searched for', async () => {
    const { hash } = await one.store('u8', LINES);
    const lines = async (query: Record<string, number>) =>
      (await (await one.get(`${hash}/lines`, query)).json()) as object;
    expect(await lines({ from: 4998, count: 5 })).toEqual({
      ...{ from: 4998, total: 5000 },
      lines: ['line 4998 é𝄞', 'line 4999 é𝄞']
    });
    expect(await lines({ from: 9e15, count: 2 })).toEqual({ from: 9e15, total: 5000, lines: [] });
    expect((await one.get(`${hash}/lines`, { count: 2001 })).status).toBe(400);
    const search = async (query: Record<string, string | number>) => {
      const response = await one.get(`${hash}/search`, query);
      return response.ok
        ? ((await response.json()) as { matches: { line: number }[]; next: number | null })
        : response.status;
    };
    expect(await search({ text: 'LINE 4321 É', limit: 1 })).toEqual({
      matches: [{ line: 4321, at: 0, length: 11, text: 'line 4321 é𝄞', textFrom: 0 }],
      next: 4322
    });
    for (const text of ['.*', '(', '[a-', 'a\0b', '\\', '𝄞$', '\udc00']) {
      expect(await search({ text, case: 'true' })).toEqual({ matches: [], next: null });
    }
    expect(await search({ text: '' })).toBe(400);
    expect(await search({ text: 'a\nb' })).toBe(400);
    expect(await search({ text: 'x', case: 'maybe' })).toBe(400);
  });

  it('[AR9] the notebook comes as a file with everything in it', async () => {
    const link = await one.store('u9', LINES);
    const before = { output_type: 'stream', name: 'stdout', text: 'line 0' };
    await one.outputs(before, displayOf(link));
    const cell = await until(async () => {
      const response = await one.get('notebook');
      expect(response.headers.get('content-disposition')).toContain('f1.ipynb');
      const file = (await response.json()) as { cells: { outputs: object[] }[] };
      return file.cells[0]?.outputs.length === 1 ? file.cells[0] : false;
    }, 'the outputs to be stored');
    expect(cell.outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: LINES }]);
    expect((await one.get('notebook', {}, 'carol')).status).toBe(403);
  });
});

describe('the life of stored output', () => {
  it('[AR10] goes once nothing has referred to it for the grace, and is kept as long as a copy does', async () => {
    const dataDir = folderOf();
    let server = serverIn(dataDir, { artifactGraceDays: 0 });
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    const other = await new ArtifactWorld(server, 'f2').open();
    const link = await one.store('u1', 'kept by two\n');
    const lone = await one.store('u2', 'kept by one\n');
    await one.outputs(displayOf(link), displayOf(lone));
    await other.outputs(displayOf(link));
    await until(async () => (await other.text(link.hash)) !== 404, 'the copy to be known');
    await until(async () => (await one.text(lone.hash)) !== 404, 'the first to be known');
    await one.outputs();
    await until(async () => (await one.text(link.hash)) === 404, 'the first to be let go of');
    await server.stop();
    server = serverIn(dataDir, { artifactGraceDays: 0 }, 'tap-2');
    await server.start();
    expect(existsSync(placeOf(dataDir, lone.hash))).toBe(false);
    const again = new ArtifactWorld(server, 'f1');
    expect((await again.told()).map(({ type, actor, data }) => [type, actor.id, data])).toEqual([
      ['artifact.stored', 'colophon-runtime', expect.objectContaining({ hash: link.hash })],
      ['artifact.stored', 'colophon-runtime', expect.objectContaining({ hash: lone.hash })],
      ['artifact.removed', 'artifacts', { hash: lone.hash }]
    ]);
    expect(await new ArtifactWorld(server, 'f2').text(link.hash)).toBe('kept by two\n');
    await server.kill();
  });

  it('[AR20] is kept as long as a notebook file links to it that was copied beside Colophon', async () => {
    const [dataDir, notebooksDir] = [folderOf(), folderOf()];
    const settings = { artifactGraceDays: 0 };
    const options = { program: join(built.folder, 'host.js'), dataDir, notebooksDir, settings };
    let server = new FakeServer({ ...options, tap: 'tap-1' });
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    const copied = await one.store('u1', 'in a copy\n');
    const lone = await one.store('u2', 'nowhere else\n');
    await one.outputs(displayOf(copied), displayOf(lone));
    await until(async () => (await one.text(lone.hash)) !== 404, 'the links to be known');
    mkdirSync(join(notebooksDir, 'deep', 'er'), { recursive: true });
    const copy = { cells: [{ outputs: [displayOf(copied)] }] };
    writeFileSync(join(notebooksDir, 'deep', 'er', 'copy.ipynb'), JSON.stringify(copy, null, 1));
    await one.outputs();
    await until(async () => (await one.text(lone.hash)) === 404, 'them to be let go of');
    await server.stop();
    // Nothing goes while the folder is away, as of a drive that is not mounted.
    renameSync(notebooksDir, `${notebooksDir}-away`);
    server = new FakeServer({ ...options, tap: 'tap-2' });
    await server.start();
    await until(() => server.log.includes('could not be looked through'), 'the host to say so');
    await server.stop();
    renameSync(`${notebooksDir}-away`, notebooksDir);
    server = new FakeServer({ ...options, tap: 'tap-3' });
    await server.start();
    await until(() => !existsSync(placeOf(dataDir, lone.hash)), 'the other one to go');
    expect(existsSync(placeOf(dataDir, copied.hash))).toBe(true);
    await server.kill();
  });

  it('[AR11] after a kill, what nobody was told of is gone, and nothing else', async () => {
    const dataDir = folderOf();
    let server = serverIn(dataDir);
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    const link = await one.store('u1', 'referred\n');
    await one.outputs(displayOf(link));
    await server.settled();
    await server.kill();
    // Between the placing and the fact; between the fact and the name; in the middle of a copy.
    const place = placeOf(dataDir, link.hash);
    const untold = placeOf(dataDir, sha256('untold'));
    rmSync(place);
    writeFileSync(`${place}.new`, 'referred\n');
    writeFileSync(`${place}.new.copy`, 'ref');
    mkdirSync(join(untold, '..'), { recursive: true });
    writeFileSync(`${untold}.new`, 'untold');
    writeFileSync(`${untold}.new.copy`, 'unt');
    const idle = join(dataDir, 'artifacts', 'uploads', sha256('idle'));
    writeFileSync(idle, 'nobody needs it');
    utimesSync(idle, new Date(0), new Date(0));
    server = serverIn(dataDir, {}, 'tap-2');
    await server.start();
    const again = new ArtifactWorld(server, 'f1');
    expect(await again.text(link.hash)).toBe('referred\n');
    expect([`${place}.new`, `${place}.new.copy`].filter(existsSync)).toEqual([]);
    expect(
      readdirSync(join(untold, '..')).filter(name => name.startsWith(sha256('untold')))
    ).toEqual([]);
    expect(existsSync(idle)).toBe(false);
    await server.kill();
  });

  it('[AR12] outlives a journal that was damaged: the links hold, and nothing of it is removed', async () => {
    const dataDir = folderOf();
    const settings = { artifactGraceDays: 0 };
    let server = serverIn(dataDir, settings);
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    const link = await one.store('u1', 'kept\n');
    const lone = await one.store('u2', 'kept, too\n');
    const { links } = await one.values([['w1', 'kept with others\n', 'text/plain']]);
    await server.kill();
    rmSync(join(dataDir, 'journal.db-wal'));
    writeFileSync(join(dataDir, 'journal.db'), 'no journal');
    server = serverIn(dataDir, settings, 'tap-2');
    await server.start();
    const again = await new ArtifactWorld(server, 'f1').open();
    await again.outputs(displayOf(link));
    await until(async () => (await again.text(link.hash)) === 'kept\n', 'the link to be known');
    await again.outputs();
    await server.stop();
    server = serverIn(dataDir, settings, 'tap-3');
    await server.start();
    for (const { hash } of [link, lone, ...links]) {
      expect(existsSync(placeOf(dataDir, hash))).toBe(true);
    }
    await server.kill();
  });

  it('[AR13] a deleted history lets go of it after the grace, with the fact among the deletions', async () => {
    const dataDir = folderOf();
    const settings = { artifactGraceDays: 0 };
    let server = serverIn(dataDir, settings);
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    const { hash } = await one.store('u1', 'of a deleted history\n');
    one.room.close();
    await server.settled();
    const removed = await server.fetch(
      `streams${one.stream}?confirm=${one.stream}`,
      { method: 'DELETE' },
      'ada'
    );
    expect([removed.status, await removed.json()]).toEqual([200, expect.anything()]);
    expect(existsSync(placeOf(dataDir, hash))).toBe(true);
    await server.stop();
    server = serverIn(dataDir, settings, 'tap-2');
    await server.start();
    expect(existsSync(placeOf(dataDir, hash))).toBe(false);
    const told = (await server.events('/deletions')).map(({ type }) => type);
    expect(told).toEqual(['stream.deleted', 'artifact.removed']);
    await server.kill();
  });

  it('[AR14] a disk that is full refuses the piece with what to do, and takes it when there is space', async () => {
    const dataDir = folderOf();
    const program = join(built.folder, 'host.js');
    const server = new FakeServer({ program, dataDir, fileSizeLimit: 4 << 20 });
    await server.start();
    const one = await new ArtifactWorld(server, 'f1').open();
    expect((await one.piece('u1', 0, Buffer.alloc(3 << 20, 'a'))).status).toBe(200);
    const full = await one.piece('u1', 3 << 20, Buffer.alloc(3 << 20, 'b'));
    expect([full.status, full.body['code']]).toEqual([507, 'journal-full']);
    server.makeSpace();
    expect((await one.piece('u1', 3 << 20, Buffer.alloc(3 << 20, 'b'))).body).toEqual({
      length: 6 << 20
    });
    expect((await one.commit('u1', 6 << 20)).status).toBe(200);
    await server.kill();
  });
});
