/** The host as a process: real pipe, real journal, real HTTP; the server's side is played by the test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '../../../schema/index.js';
import { FakeRoom, person } from './fake-room.js';
import { FakeServer, buildHost, until, type ServerOptions } from './host-process.js';

let built: Awaited<ReturnType<typeof buildHost>>;
let dataDir: string;
let servers: FakeServer[] = [];

beforeAll(async () => {
  built = await buildHost();
});
afterAll(() => built.remove());
beforeEach(() => {
  dataDir = mkdtempSync(join(built.folder, 'data-'));
});
afterEach(async () => {
  await Promise.all(servers.map(server => server.kill()));
  servers = [];
  rmSync(dataDir, { recursive: true, force: true });
});

async function startServer(options: Partial<ServerOptions> = {}): Promise<FakeServer> {
  const server = new FakeServer({ program: join(built.folder, 'host.js'), dataDir, ...options });
  servers.push(server);
  await server.start();
  return server;
}

const types = (events: readonly Event[]) => events.map(event => event.type);
const dense = (events: readonly Event[]) =>
  expect(events.map(event => event.offset)).toEqual(events.map((_, index) => index + 1));

/** The events of the stream, once one is of this type. */
function has(server: FakeServer, stream: string, type: Event['type']): Promise<Event[]> {
  return until(async () => {
    const events = await server.events(stream);
    return types(events).includes(type) && events;
  }, type);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function sourcesAt(server: FakeServer, stream: string, query = ''): Promise<string[]> {
  const response = await server.fetch(`views/document?stream=${stream}${query}`);
  const { cells } = (await response.json()) as { cells: { source: string }[] };
  return cells.map(({ source }) => source);
}

describe('the host and the tap', () => {
  it('[A3] tells who typed, deleted and created, and says so once the typing pauses', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('x = 1');
    room.as(person('ada'), notebook => notebook.getCell(0).updateSource(5, 5, '00'));
    room.as(person('bob'), notebook => notebook.getCell(0).updateSource(0, 1, ''));
    const events = await until(async () => {
      const all = await server.events(room.stream);
      return all.filter(({ type }) => type === 'cell.source-changed').length === 2 && all;
    }, 'both edits');
    dense(events);
    const edits = events.filter(event => event.type === 'cell.source-changed');
    expect(edits.map(({ actor, assurance, data }) => [actor.id, assurance, data.splice])).toEqual([
      ['ada', 'verified', { at: 5, deleted: '', inserted: '00' }],
      ['bob', 'verified', { at: 0, deleted: 'x', inserted: '' }]
    ]);
    expect(types(events)[0]).toBe('notebook.opened');
    expect(events.find(({ type }) => type === 'cell.created')?.actor.kind).toBe('system');
  });

  it(
    '[A4] misses and doubles nothing when it is killed between frames',
    { timeout: 60_000 },
    async () => {
      const server = await startServer();
      const room = new FakeRoom(server, 'f1');
      room.open('', '');
      let typed = '';
      for (let round = 0; round < 6; round++) {
        for (let letter = 0; letter < 25; letter++) {
          const text = String.fromCharCode(97 + ((round * 25 + letter) % 26));
          const at = typed.length;
          typed += text;
          room.as(person(letter % 2 ? 'ada' : 'bob'), notebook => {
            notebook.getCell(0).updateSource(at, at, text);
          });
          if (letter === 5 + round * 3) {
            await server.kill();
            await server.start();
          }
        }
      }
      room.close();
      await server.settled();
      const events = await server.events(room.stream);
      dense(events);
      let source = '';
      const authors: string[] = [];
      for (const event of events) {
        if (event.type === 'cell.source-changed') {
          const { at, deleted, inserted } = event.data.splice;
          expect(deleted).toBe('');
          source = source.slice(0, at) + inserted + source.slice(at);
          authors.push(...[...inserted].map(() => event.actor.id));
        }
      }
      expect(source).toBe(typed);
      expect(authors).toEqual([...typed].map((_, index) => ((index % 25) % 2 ? 'ada' : 'bob')));
      expect((await sourcesAt(server, room.stream))[0]).toBe(typed);
    }
  );

  it('[A5] rebuilds the document at any offset', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('a = 1', 'b = 2');
    const versions: string[][] = [];
    const sources = () => room.notebook.cells.map(cell => cell.getSource());
    const offsets: number[] = [];
    const steps = [
      () => room.as(person('ada'), notebook => notebook.deleteCell(0)),
      () =>
        room.as(person('bob'), notebook =>
          notebook.addCell({ cell_type: 'markdown', source: '# T' })
        ),
      () => room.as(person('ada'), notebook => notebook.getCell(0).setSource('b = 3')),
      () => room.as(person('ada'), notebook => notebook.moveCell(0, 1))
    ];
    for (const step of steps) {
      step();
      const offset = await until(async () => {
        const head = (await server.events(room.stream)).length;
        const recorded = head && (await sourcesAt(server, room.stream, `&offset=${head}`));
        return isDeepStrictEqual(recorded, sources()) && head;
      }, 'the record of the change');
      offsets.push(offset);
      versions.push(sources());
    }
    for (const [index, offset] of offsets.entries()) {
      expect(await sourcesAt(server, room.stream, `&offset=${offset}`)).toEqual(versions[index]);
    }
  });

  it('[A6] asks for the whole document of a room that it does not know', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    server.onSnapshotAsked = () => room.snapshot();
    room.as(person('ada'), notebook => notebook.addCell({ cell_type: 'code', source: 'x' }));
    const events = await has(server, room.stream, 'cell.created');
    expect(server.said.filter(({ type }) => type === 'snapshot.request')).toHaveLength(1);
    const created = events.find(({ type }) => type === 'cell.created');
    expect(created).toMatchObject({ assurance: 'unverified', actor: { kind: 'system' } });
    room.as(person('bob'), notebook => notebook.getCell(0).updateSource(1, 1, 'y'));
    await until(async () => {
      const last = (await server.events(room.stream)).at(-1);
      return last?.type === 'cell.source-changed' && last.actor.id === 'bob';
    }, 'the edit after the snapshot');
  });

  it('[A41] asks for the whole document when frames are missing, and says so', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    server.onSnapshotAsked = () => room.snapshot();
    room.open('a = 1');
    await server.settled();
    server.lose();
    room.as(person('ada'), notebook => notebook.getCell(0).setSource('a = 2'));
    room.as(person('bob'), notebook => notebook.addCell({ cell_type: 'code', source: 'b' }));
    await until(
      async () => isDeepStrictEqual(await sourcesAt(server, room.stream), ['a = 2', 'b']),
      'the record of the change that was lost'
    );
    expect(server.said.filter(({ type }) => type === 'snapshot.request')).toHaveLength(1);
    expect(server.log).toMatch(/Frames? \d+ .*room tap .*missing/);
    room.as(person('bob'), notebook => notebook.getCell(1).setSource('c'));
    await until(async () => {
      const last = (await server.events(room.stream)).at(-1);
      return last?.type === 'cell.source-changed' && last.actor.id === 'bob';
    }, 'the edit after the snapshot');
  });

  it('[A7] keeps refusals in a stream of their own, with the user where there is one', async () => {
    const server = await startServer();
    const refusal = { type: 'refusal', method: 'POST', path: '/colophon/api/commands' } as const;
    server.post({ ...refusal, reason: 'xsrf', remoteIp: '10.0.0.1', username: 'ada' });
    server.post({ ...refusal, reason: 'unauthenticated', remoteIp: '10.0.0.2', username: null });
    await server.settled();
    const events = await server.events('/refusals');
    expect(
      events.map(({ actor, assurance, data }) => [actor.kind, actor.id, assurance, data])
    ).toEqual([
      [
        'human',
        'ada',
        'verified',
        expect.objectContaining({ reason: 'xsrf', remoteIp: '10.0.0.1' })
      ],
      ['system', 'door', 'unverified', expect.objectContaining({ reason: 'unauthenticated' })]
    ]);
  });

  it('[A8] starts a new history when the room is opened again, and goes on with the facts', async () => {
    const server = await startServer();
    const first = new FakeRoom(server, 'f1');
    first.open('x');
    first.close();
    const second = new FakeRoom(server, 'f1');
    second.open('x', 'y');
    second.as(person('ada'), notebook => notebook.getCell(1).updateSource(1, 1, '!'));
    second.close();
    await server.settled();
    const events = await server.events(first.stream);
    const opened = events.filter(event => event.type === 'notebook.opened');
    expect(opened.map(({ data }) => data.epoch)).toEqual([1, 2]);
    const created = events.filter(event => event.type === 'cell.created');
    expect(created.map(({ data }) => data.cellId)).toEqual(['c0', 'c1']);
    expect(await sourcesAt(server, first.stream)).toEqual(['x', 'y!']);
  });
});

describe('the life of the host', () => {
  it('[A28] keeps the authors of what was typed when server and host both die', async () => {
    const settings = { editPauseSeconds: 60 };
    const server = await startServer({ settings });
    const before = new FakeRoom(server, 'f1');
    before.open('');
    before.as(person('ada'), notebook => notebook.getCell(0).updateSource(0, 0, 'typed'));
    await server.settled();
    await server.kill();
    const next = await startServer({ tap: 'tap-2', settings });
    const after = new FakeRoom(next, 'f1');
    after.open('typed');
    await next.settled();
    const events = await next.events(after.stream);
    dense(events);
    const edits = events.filter(event => event.type === 'cell.source-changed');
    expect(edits.map(({ actor, data }) => [actor.id, data.splice.inserted])).toEqual([
      ['ada', 'typed']
    ]);
    expect(types(events).filter(type => type === 'notebook.opened')).toHaveLength(2);
  });

  it('[A29] goes on from its own snapshot of a long stream', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('0', 'hold');
    for (let edit = 1; edit <= 700; edit++) {
      const author = person(edit % 2 ? 'ada' : 'bob');
      room.as(author, notebook => notebook.getCell(0).setSource(String(edit)));
    }
    room.as(person('ada'), notebook =>
      notebook.addCell({ cell_type: 'code', id: 'new', source: '' })
    );
    await server.command(room.runCommand('r1', 1));
    await has(server, room.stream, 'execution.started');
    const before = await server.events(room.stream);
    expect(before.length).toBeGreaterThan(700);
    await server.kill();
    await server.start();
    const answer = await server.command(room.runCommand('r2', 0));
    expect(answer.status).toBe(200);
    const events = await until(async () => {
      const all = await server.events(room.stream);
      return types(all).filter(type => type === 'execution.finished').length === 2 && all;
    }, 'both runs to end');
    dense(events);
    expect(types(events.slice(before.length)).filter(type => type.startsWith('cell.'))).toEqual([]);
  });

  it('[A30] keeps what a full disk does not take, says so, and goes on once it does', async () => {
    const server = await startServer({ fileSizeLimit: 300_000 });
    const room = new FakeRoom(server, 'f1');
    room.open('');
    const added: string[] = [];
    for (let cell = 0; cell < 20; cell++) {
      const id = `big${cell}`;
      added.push(id);
      room.as(person('ada'), notebook =>
        notebook.addCell({ cell_type: 'raw', id, source: 'x'.repeat(30_000) })
      );
    }
    const refused = await until(async () => {
      const answer = await server.command(room.runCommand('r1', 0));
      return answer.status === 503 && answer;
    }, 'a refusal');
    expect(refused.body).toMatchObject({ code: 'journal-unwritable' });
    expect(refused.body.detail).toMatch(/will be stored once that works/);
    server.makeSpace();
    await server.settled();
    const answer = await server.command(room.runCommand('r2', 0));
    expect(answer.status).toBe(200);
    const events = await server.events(room.stream);
    dense(events);
    expect(server.exitCode).toBeUndefined();
    await server.kill();
    await server.start();
    expect((await server.events(room.stream)).slice(0, events.length)).toEqual(events);
    const created = events.flatMap(event =>
      event.type === 'cell.created' ? event.data.cellId : []
    );
    expect(created).toEqual(['c0', ...added]);
  });

  it('[A31] keeps a spare agent ready once a notebook has needed one, and leaves none behind', async () => {
    const server = await startServer({ settings: { spareAgent: true } });
    expect(server.children()).toEqual([]);
    const room = new FakeRoom(server, 'f1');
    room.open('hold');
    await server.command(room.runCommand('r1', 0));
    const [first, spare] = await until(() => {
      const pids = server.children();
      return pids.length === 2 && pids;
    }, 'the spare agent');
    const other = new FakeRoom(server, 'f2');
    other.open('hold');
    await server.command(other.runCommand('r2', 0));
    const started = await until(
      async () => (await server.events(other.stream)).find(event => event.type === 'agent.started'),
      'the second agent'
    );
    expect(started).toMatchObject({ data: { pid: spare } });
    await until(() => server.children().length === 3, 'the next spare agent');
    const all = server.children();
    expect(all).toContain(first);
    await server.kill();
    await until(() => all.every(pid => !isAlive(pid)), 'the agents to end');
  });

  it('[A9] refuses to share a data folder and says what to do', { timeout: 20_000 }, async () => {
    await startServer();
    const second = await startServer({ tap: 'tap-2' });
    expect(second.exitCode).toBe(3);
    const fatal = second.said.find(({ type }) => type === 'fatal');
    expect(fatal).toMatchObject({
      code: 'journal-locked',
      remedy: expect.stringContaining('folder')
    });
  });

  it('[A10] sets a damaged journal aside with a notice, and works', async () => {
    const path = join(dataDir, 'journal.db');
    writeFileSync(path, 'no database at all, but a long enough text. '.repeat(50));
    const before = readFileSync(path);
    const server = await startServer();
    const notice = server.said.find(message => message.type === 'notice');
    expect(notice).toMatchObject({ code: 'journal-set-aside', level: 'error' });
    const kept = /kept as (\S+?\.db)/.exec(notice?.message ?? '')?.[1] ?? '';
    expect(readFileSync(kept).equals(before)).toBe(true);
    const room = new FakeRoom(server, 'f1');
    room.open('x');
    await server.settled();
    dense(await server.events(room.stream));
  });

  it('[A11] ends when its stdin ends, with everything told that was pending', async () => {
    const server = await startServer({ settings: { editPauseSeconds: 60 } });
    const room = new FakeRoom(server, 'f1');
    room.open('');
    room.as(person('ada'), notebook => notebook.getCell(0).updateSource(0, 0, 'pending'));
    await server.settled();
    expect(types(await server.events(room.stream))).not.toContain('cell.source-changed');
    const began = Date.now();
    await server.stop();
    expect(server.exitCode).toBe(0);
    expect(Date.now() - began).toBeLessThan(3_000);
    await server.start();
    const last = (await server.events(room.stream)).at(-1);
    expect(last).toMatchObject({ type: 'cell.source-changed', actor: { id: 'ada' } });
  });

  it('[A12] ends with a word on the reason when the pipe carries something else', async () => {
    const server = await startServer();
    server.writeBytes(Buffer.from('\x00\x00\x00\x01 not a frame at all'));
    await until(() => server.exitCode !== undefined, 'the end');
    expect(server.exitCode).toBe(3);
    expect(server.said.at(-1)).toMatchObject({ type: 'fatal', code: 'protocol' });
  });
});

describe('commands', () => {
  const finished = (server: FakeServer, stream: string, count = 1) =>
    until(async () => {
      const events = await server.events(stream);
      return events.filter(({ type }) => type === 'execution.finished').length >= count && events;
    }, `${count} executions to finish`);

  it('[A13] runs a cell from the request to its end, after what was typed and before nothing', async () => {
    const server = await startServer({ settings: { editPauseSeconds: 60 } });
    const room = new FakeRoom(server, 'f1');
    room.open('');
    room.as(person('ada'), notebook => notebook.getCell(0).updateSource(0, 0, '1 + 1'));
    const { status, body } = await server.command(room.runCommand('r1', 0));
    expect(status).toBe(200);
    expect(types(body.events)).toContain('execution.requested');
    const events = await finished(server, room.stream);
    dense(events);
    const story = types(events).filter(type => /^(execution|agent|cell\.source)/.test(type));
    expect(story).toEqual([
      'cell.source-changed',
      'execution.requested',
      'agent.start-requested',
      'agent.started',
      'agent.ready',
      'execution.assigned',
      'execution.started',
      'execution.finished'
    ]);
    const requested = events.find(event => event.type === 'execution.requested');
    expect(requested).toMatchObject({ actor: { kind: 'human', id: 'ada' }, assurance: 'verified' });
    expect(requested?.data).toMatchObject({ source: '1 + 1' });
    const ended = events.at(-1);
    expect(ended).toMatchObject({
      actor: { kind: 'runtime', onBehalfOf: { kind: 'human', id: 'ada' } },
      data: { outcome: 'ok' }
    });
    const view = async (name: string): Promise<unknown> =>
      (await server.fetch(`views/${name}?stream=${room.stream}`)).json();
    expect(await view('runtime')).toMatchObject({
      offset: events.length,
      agent: { phase: 'ready', epoch: 1, kernelName: 'python3' },
      queue: { running: null, waiting: [] }
    });
    expect(await view('cells')).toMatchObject({
      offset: events.length,
      cells: {
        c0: {
          lastRun: { outcome: 'ok', actor: { id: 'ada' } },
          lastChange: { actor: { id: 'ada' } }
        }
      }
    });
    expect([...server.tokens.values()][0]).toMatchObject({
      stream: room.stream,
      actor: { kind: 'runtime' }
    });
  });

  it('[A14] does a command once, also when the host was killed in between', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('1');
    const command = room.runCommand('same-id', 0);
    const [first, second] = await Promise.all([server.command(command), server.command(command)]);
    expect(second).toEqual(first);
    await finished(server, room.stream);
    await server.kill();
    await server.start();
    expect(await server.command(command)).toEqual(first);
    const events = await server.events(room.stream);
    expect(types(events).filter(type => type === 'execution.requested')).toHaveLength(1);
  });

  it('[A15] waits for a source that is on its way, and refuses one that never comes', async () => {
    const server = await startServer({ settings: { sourceWaitSeconds: 2 } });
    const room = new FakeRoom(server, 'f1');
    room.open('1');
    await server.settled();
    const waiting = server.command(room.runSources('r1', ['c0', '1 + 2']));
    room.as(person('ada'), notebook => notebook.getCell(0).updateSource(1, 1, ' + 2'));
    expect((await waiting).status).toBe(200);
    const never = await server.command(room.runSources('r2', ['c0', 'not what is there']));
    expect(never).toMatchObject({ status: 409, body: { code: 'source-mismatch' } });
    expect(never.body.detail).toContain('c0');
    const gone = await server.command(room.runSources('r3', ['gone', '']));
    expect(gone).toMatchObject({ status: 404, body: { code: 'unknown-cell' } });
  });

  it('[A16] refuses what cannot be done, each with its reason', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('1');
    await server.settled();
    const cells = room.runCommand('x', 0).data;
    const cases: [object, number, string][] = [
      [
        { id: '1', stream: '/notebooks/none', type: 'execution.request', data: cells },
        404,
        'unknown-notebook'
      ],
      [{ id: '2', stream: '/elsewhere', type: 'agent.start' }, 404, 'unknown-notebook'],
      [{ id: '3', stream: room.stream, type: 'kernel.interrupt' }, 409, 'nothing-running'],
      [{ id: '4', stream: room.stream, type: 'no.such' }, 400, 'malformed-request'],
      [{ id: '', stream: room.stream, type: 'agent.start' }, 400, 'malformed-request'],
      [{ id: '5', stream: 'no slash', type: 'agent.start' }, 400, 'malformed-request'],
      [
        { id: '6', stream: room.stream, type: 'execution.request', data: { cells: [] } },
        400,
        'malformed-request'
      ],
      [{ id: '7', stream: room.stream, type: 'agent.start', extra: 1 }, 400, 'malformed-request'],
      [
        { id: '8', stream: room.stream, type: 'execution.cancel', data: { all: true } },
        409,
        'nothing-running'
      ],
      [[], 400, 'malformed-request']
    ];
    for (const [body, status, code] of cases) {
      const answer = await server.command(body);
      expect([body, answer.status, answer.body.code]).toEqual([body, status, code]);
      expect(answer.body.detail.length).toBeGreaterThan(10);
    }
  });

  it('[A17] opens a notebook that nobody has open by starting its agent', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    const answer = server.command(room.runSources('r1', ['c0', '7']));
    await until(() => server.tokens.size > 0, 'the agent to be started');
    room.open('7');
    expect((await answer).status).toBe(200);
    const events = await finished(server, room.stream);
    expect(types(events)[0]).toBe('agent.start-requested');
  });

  it('[A18] interrupts what runs, and ends a run whose agent died', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('hold', 'die', 'nonsense');
    await server.command(room.runCommand('r1', 0));
    await has(server, room.stream, 'execution.started');
    const interrupt = { id: 'i1', stream: room.stream, type: 'kernel.interrupt' };
    expect((await server.command(interrupt)).status).toBe(200);
    const first = await finished(server, room.stream);
    expect(first.at(-1)).toMatchObject({ data: { outcome: 'interrupted' } });
    await server.command(room.runCommand('r2', 1));
    await finished(server, room.stream, 2);
    await server.command(room.runCommand('r3', 2));
    const events = await finished(server, room.stream, 3);
    const stopped = events.filter(event => event.type === 'agent.stopped');
    expect(stopped.map(({ data }) => data.outcome)).toEqual(['failed', 'failed']);
    dense(events);
  });

  it('[A19] goes on with a run that a killed host left, once', async () => {
    const server = await startServer();
    const room = new FakeRoom(server, 'f1');
    room.open('hold');
    await server.command(room.runCommand('r1', 0));
    await has(server, room.stream, 'execution.started');
    await server.kill();
    await server.start();
    const events = await finished(server, room.stream);
    expect(types(events).filter(type => type === 'execution.finished')).toHaveLength(1);
    expect(types(events).filter(type => type === 'agent.stopped')).toHaveLength(1);
    const epochs = events.flatMap(event =>
      event.type === 'agent.started' ? event.data.epoch : []
    );
    expect(epochs).toEqual([1, 2]);
    expect(server.log).toContain('"resume"');
  });

  it('[A20] stops an agent that nobody needs, and never one that runs', async () => {
    const server = await startServer({ settings: { agentIdleSeconds: 0.2 } });
    const room = new FakeRoom(server, 'f1');
    room.open('hold');
    await server.command(room.runCommand('r1', 0));
    await has(server, room.stream, 'execution.started');
    // The stop of another agent, begun later, shows that the host's idle time has passed.
    const other = new FakeRoom(server, 'f2');
    other.open('7');
    await server.command(other.runCommand('r2', 0));
    await has(server, other.stream, 'agent.stopped');
    expect(types(await server.events(room.stream))).not.toContain('agent.stop-requested');
    await server.command({ id: 'i1', stream: room.stream, type: 'kernel.interrupt' });
    const events = await has(server, room.stream, 'agent.stopped');
    expect(events.at(-1)).toMatchObject({ type: 'agent.stopped', data: { outcome: 'idle' } });
    await until(() => server.tokens.size === 0, 'the token to be revoked');
  });
});
