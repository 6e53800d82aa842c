/** Who may what through a real Jupyter Server: four people, of whom bob may only read and carol nothing. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceHash } from '../../agent/core/digest.js';
import type { Event, Problem } from '../../schema/index.js';
import { eventsOf, eventually } from '../e2e/history.js';
import { JupyterLab, type UserName } from '../e2e/jupyter-lab.js';
import { until } from '../e2e/until.js';
import { RoomObserver } from './room-observer.js';

interface Answer {
  readonly status: number;
  readonly body: Partial<Problem> & {
    readonly event?: Event;
    readonly events?: readonly Event[];
    readonly deleted?: readonly string[];
    readonly childPaths?: readonly string[];
    readonly streams?: readonly {
      readonly stream: string;
      readonly head: number;
      readonly owner: string | null;
      readonly access: string;
    }[];
  };
}

async function send(
  lab: JupyterLab,
  user: UserName,
  method: string,
  path: string,
  body?: object
): Promise<Answer> {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await lab.fetch(`colophon/api/${path}`, init, user);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const run = (stream: string) => ({
  id: crypto.randomUUID(),
  stream,
  type: 'execution.request',
  data: { cells: [{ cellId: 'a', sourceHash: sourceHash('print(1)') }] }
});

/** A live tail; `ended` settles when the server ends it. */
async function tail(lab: JupyterLab, user: UserName, stream: string) {
  const response = await lab.fetch(`colophon/api/streams${stream}?live=true`, {}, user);
  const seen = { status: response.status, text: '', ended: Promise.resolve() };
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      seen.text += piece.value;
    }
  };
  seen.ended = read();
  return seen;
}

describe('who may what on a server with an authorizer', () => {
  const lab = new JupyterLab({
    identityProvider: 'four_users.FourUsers',
    args: [
      '--ServerApp.authorizer_class=four_users.BobOnlyReads',
      '--ColophonExtension.output_inline_bytes=20000',
      '--YDocExtension.document_cleanup_delay=0.1'
    ]
  });
  let notebook: string;
  let alice: RoomObserver;

  const as = (user: UserName) => ({
    get: (path: string) => send(lab, user, 'GET', path),
    post: (path: string, body: object) => send(lab, user, 'POST', path, body),
    delete: (path: string) => send(lab, user, 'DELETE', path)
  });

  beforeAll(async () => {
    await lab.start();
    const path = lab.writeNotebook('shared.ipynb', { a: 'print(0)' });
    alice = await RoomObserver.join(lab, path);
    notebook = `/notebooks/${alice.fileId}`;
    await eventually(lab, notebook, 'notebook.opened');
  });
  afterAll(async () => {
    alice.leave();
    await lab.stop();
  });

  it('[G4] who may read a notebook reads its history, and cannot post, pause, run or delete', async () => {
    for (const path of [
      `streams${notebook}`,
      `views/cells?stream=${notebook}`,
      `views/runtime?stream=${notebook}`,
      `views/document?stream=${notebook}`,
      `streams/__state${notebook}`
    ]) {
      expect([path, (await as('bob').get(path)).status]).toEqual([path, 200]);
    }
    for (const answer of [
      await as('bob').post(`streams${notebook}`, { type: 'reviewed' }),
      await as('bob').post(`streams${notebook}`, { type: 'stream.paused' }),
      await as('bob').post('commands', run(notebook)),
      await as('bob').delete(`streams${notebook}?confirm=${notebook}`)
    ]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    }
  });

  it('[G4] who may not read it gets 403 everywhere, tails too', async () => {
    for (const path of [
      'streams',
      `streams${notebook}`,
      `streams${notebook}?live=true`,
      `streams/__state${notebook}`,
      `views/cells?stream=${notebook}`,
      `views/runtime?stream=${notebook}`,
      `views/document?stream=${notebook}`
    ]) {
      expect([path, (await as('carol').get(path)).status]).toEqual([path, 403]);
    }
    expect((await as('carol').post(`streams${notebook}`, { type: 'x' })).status).toBe(403);
    expect((await as('carol').post('commands', run(notebook))).status).toBe(403);
  });

  it('[G4] nobody changes by posts who may use a notebook', async () => {
    const answer = await as('alice').post(`streams${notebook}`, { type: 'stream.made-public' });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect(answer.body.detail).toContain('notebook');
  });

  it('[G7] every event of a session says what let the person or program do it', async () => {
    alice.notebook.cells[0]?.setSource('print(1)');
    expect((await as('alice').post('commands', run(notebook))).status).toBe(200);
    await eventually(lab, notebook, 'execution.finished');
    const posted = await as('alice').post(`streams${notebook}`, { type: 'reviewed' });
    expect(posted.body.event?.entitlement).toBe('contents:write');
    const events = await eventsOf(lab, notebook);
    const stated = new Map(events.map(({ type, entitlement }) => [type, entitlement]));
    expect(stated.get('cell.source-changed')).toBe('room:write');
    expect(stated.get('execution.requested')).toBe('kernels:execute');
    expect(stated.get('output.added')).toBe('agent-token');
    for (const event of events) {
      const expected = event.actor.kind === 'system' ? 'undefined' : 'string';
      expect([event.type, event.actor.kind, typeof event.entitlement]).toEqual([
        event.type,
        event.actor.kind,
        expected
      ]);
    }
  });

  it('[G1] a stream belongs to who began it, until they let others in', async () => {
    const begun = await as('alice').post('streams/team/chat', { type: 'said' });
    expect(begun.body.event?.entitlement).toBe('owner');
    for (const answer of [
      await as('dan').get('streams/team/chat'),
      await as('dan').get('streams/team/chat?live=true'),
      await as('dan').post('streams/team/chat', { type: 'said' }),
      await as('dan').post('streams/team/chat', { type: 'stream.made-public' }),
      await as('dan').post('streams/team', { type: 'above' }),
      await as('dan').delete('streams/team/chat')
    ]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    }
    await as('alice').post('streams/team/chat', {
      type: 'access.granted',
      payload: { username: 'dan', may: 'read' }
    });
    expect((await as('dan').get('streams/team/chat')).status).toBe(200);
    expect((await as('bob').get('streams/team/chat')).status).toBe(403);
    expect((await as('dan').post('streams/team/chat', { type: 'said' })).status).toBe(403);
    await as('alice').post('streams/team/chat', {
      type: 'access.granted',
      payload: { username: 'dan', may: 'write' }
    });
    const said = await as('dan').post('streams/team/chat', { type: 'said' });
    expect(said.body.event?.entitlement).toBe('granted:write');
    const grant = { type: 'access.granted', payload: { username: 'bob', may: 'read' } };
    expect((await as('dan').post('streams/team/chat', grant)).status).toBe(403);
  });

  it('[G2] what is public is read by everybody, and written by who may write at all', async () => {
    await as('alice').post('streams/board', {
      type: 'stream.made-public',
      payload: { write: true }
    });
    const said = await as('dan').post('streams/board', { type: 'said' });
    expect(said.body.event?.entitlement).toBe('public:write');
    expect((await as('bob').get('streams/board')).status).toBe(200);
    expect((await as('bob').post('streams/board', { type: 'said' })).status).toBe(403);
    await as('dan').post('streams/board/reply', { type: 'said' });
    expect((await as('bob').get('streams/board/reply')).status).toBe(200);
    await as('dan').post('streams/board/reply', { type: 'stream.made-private' });
    expect((await as('bob').get('streams/board/reply')).status).toBe(403);
  });

  it('[G8] lists show what one may read', async () => {
    const seen = async (user: UserName) =>
      (await as(user).get('streams')).body.streams?.map(({ stream }) => stream) ?? [];
    expect(await seen('alice')).toContain('/team/chat');
    const bobs = await seen('bob');
    expect(bobs).toContain('/board');
    expect(bobs).toContain(notebook);
    expect(bobs).not.toContain('/team/chat');
    expect(bobs).not.toContain('/board/reply');
    const state = await as('bob').get('streams/__state/board');
    expect(state.body.childPaths).toEqual([]);
    const children = await as('dan').get('streams?prefix=/board&depth=1');
    expect(children.body.streams).toMatchObject([
      { stream: '/board/reply', head: 2, owner: 'dan', access: 'private' }
    ]);
  });

  it('[G9] a tail ends when its reader may no longer read', async () => {
    await as('alice').post('streams/watched', { type: 'stream.made-public' });
    const bobs = await tail(lab, 'bob', '/watched');
    await as('alice').post('streams/watched', { type: 'open' });
    await until('the event arrives', () => bobs.text.includes('"open"'));
    await as('alice').post('streams/watched', { type: 'stream.made-private' });
    await as('alice').post('streams/watched', { type: 'secret' });
    await bobs.ended;
    expect(bobs.text).not.toContain('"secret"');
  });

  it('[G9] a tail of a stream that somebody else then begins shows nothing of it', async () => {
    const dans = await tail(lab, 'dan', '/not-yet');
    expect(dans.status).toBe(200);
    await as('alice').post('streams/not-yet', { type: 'secret' });
    await dans.ended;
    expect(dans.text).not.toContain('secret');
  });

  it('[G5] what the server records is read by who may stop it', async () => {
    await as('carol').get('streams');
    await until('the refusal is told', async () => {
      const answer = await as('alice').get('streams/refusals');
      return answer.status === 200;
    });
    expect((await as('bob').get('streams/refusals')).status).toBe(403);
    expect((await as('alice').post('streams/deletions', { type: 'x' })).status).toBe(403);
  });

  it('[G10] the owner deletes a stream; it begins anew, as somebody else’s', async () => {
    await as('alice').post('streams/old', { type: 'first', idempotencyKey: 'once' });
    await as('alice').post('streams/old/child', { type: 'first' });
    const alices = await tail(lab, 'alice', '/old');
    const kept = await as('alice').delete('streams/old');
    expect([kept.status, kept.body.code]).toEqual([409, 'stream-has-children']);
    expect(kept.body.at).toEqual({ children: ['/old/child'] });
    const gone = await as('alice').delete('streams/old?children=true');
    expect([gone.status, gone.body.deleted]).toEqual([200, ['/old', '/old/child']]);
    await alices.ended;
    expect((await as('alice').get('streams/old')).status).toBe(404);
    const again = await as('dan').post('streams/old', { type: 'first', idempotencyKey: 'once' });
    expect(again.body.event).toMatchObject({ offset: 1, actor: { id: 'dan' } });
    expect((await as('alice').get('streams/old')).status).toBe(403);
    const told = await as('alice').get('streams/deletions');
    expect(told.body.events?.at(-1)).toMatchObject({
      type: 'stream.deleted',
      data: { path: '/old', head: 1, children: ['/old/child'] },
      actor: { id: 'alice' },
      entitlement: 'owner'
    });
  });

  it('[G10] a notebook’s stream is deleted only when asked twice, and only while it is closed', async () => {
    const path = lab.writeNotebook('closed.ipynb', { a: 'print(1)' });
    const dan = await RoomObserver.join(lab, path, 'dan');
    const stream = `/notebooks/${dan.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    const open = await as('dan').delete(`streams${stream}?confirm=${stream}`);
    expect([open.status, open.body.code]).toEqual([409, 'stream-in-use']);
    dan.leave();
    const unconfirmed = await until('the room is closed', async () => {
      const answer = await as('dan').delete(`streams${stream}`);
      return answer.body.code === 'stream-in-use' ? undefined : answer;
    });
    expect([unconfirmed.status, unconfirmed.body.detail]).toEqual([
      400,
      expect.stringContaining(`confirm=${stream}`)
    ]);
    const gone = await as('dan').delete(`streams${stream}?confirm=${stream}`);
    expect([gone.status, gone.body.deleted]).toEqual([200, [stream]]);
    expect((await as('dan').get(`streams${stream}`)).status).toBe(404);
    const again = await RoomObserver.join(lab, path, 'dan');
    const opened = await eventually(lab, stream, 'notebook.opened');
    expect([opened.offset, opened.data.epoch]).toEqual([1, 1]);
    again.leave();
  });

  it('[AR16] output beside a notebook is read as the notebook is, and is in the file that takes all along', async () => {
    const source = 'for n in range(30_000): print("line", n)';
    const path = lab.writeNotebook('flood.ipynb', { a: source });
    const dan = await RoomObserver.join(lab, path, 'dan');
    const stream = `/notebooks/${dan.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    const cells = [{ cellId: 'a', sourceHash: sourceHash(source) }];
    const asked = { id: crypto.randomUUID(), stream, type: 'execution.request', data: { cells } };
    expect((await as('dan').post('commands', asked)).status).toBe(200);
    const stored = await eventually(lab, stream, 'artifact.stored', () => true, 40_000);
    expect(stored.actor).toMatchObject({ kind: 'runtime', onBehalfOf: { id: 'dan' } });
    await eventually(lab, stream, 'execution.finished', () => true, 40_000);
    const text = Array.from({ length: 30_000 }, (_, n) => `line ${n}\n`).join('');
    expect(dan.text('a').length).toBeLessThan(80_000);
    const get = (user: UserName, what: string, headers = {}) =>
      lab.fetch(`colophon/api/artifacts/${what}stream=${stream}`, { headers }, user);
    const bytes = `${stored.data.hash}?type=text/plain&`;
    const whole = await get('bob', bytes);
    expect(whole.headers.get('content-security-policy')).toMatch(/^sandbox/);
    expect((await whole.text()) === text).toBe(true);
    const part = await get('bob', bytes, { Range: 'bytes=-12' });
    expect([part.status, await part.text()]).toEqual([206, '\nline 29999\n']);
    for (const what of [bytes, `${stored.data.hash}/lines?`, 'notebook?']) {
      expect([what, (await get('carol', what)).status]).toEqual([what, 403]);
      const strange = `colophon/api/artifacts/${what}stream=${notebook}`;
      const other = what === 'notebook?' ? 200 : 404;
      expect([what, (await lab.fetch(strange, {}, 'alice')).status]).toEqual([what, other]);
    }
    const outputs = [{ output_type: 'stream', name: 'stdout', text }];
    const file = (await (await get('bob', 'notebook?')).json()) as {
      cells: { outputs: object[] }[];
    };
    expect(file.cells[0]?.outputs.length).toBe(1);
    expect(JSON.stringify(file.cells[0]?.outputs) === JSON.stringify(outputs)).toBe(true);
    const saved = join(lab.root, path);
    await until('the notebook is saved', () =>
      readFileSync(saved, 'utf8').includes(stored.data.hash)
    );
    const made = execFileSync(
      resolve('.venv/bin/colophon'),
      ['inline', saved, '--dir', join(lab.data, 'colophon')],
      { encoding: 'utf8', maxBuffer: 1 << 24 }
    );
    const inlined = JSON.parse(made) as { cells: { outputs: object[] }[] };
    expect(JSON.stringify(inlined.cells[0]?.outputs) === JSON.stringify(outputs)).toBe(true);
    dan.leave();
  });

  it('[G4] of a notebook whose file is not there nothing is shown', async () => {
    const path = lab.writeNotebook('removed.ipynb', { a: 'print(1)' });
    const dan = await RoomObserver.join(lab, path, 'dan');
    const stream = `/notebooks/${dan.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    dan.leave();
    rmSync(join(lab.root, path));
    await until('it is noticed', async () => {
      return (await as('dan').get(`streams${stream}`)).status === 403;
    });
  });
});

describe('who may what on a server of one person', () => {
  const lab = new JupyterLab({
    identityProvider: 'jupyter_server.auth.identity.PasswordIdentityProvider',
    args: ['--IdentityProvider.token=alice-token']
  });
  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  it('[G6] names given by chance own nothing: whoever has the token has every stream', async () => {
    const first = await send(lab, 'alice', 'POST', 'streams/mine', { type: 'yesterday' });
    const second = await send(lab, 'alice', 'POST', 'streams/mine', { type: 'today' });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body.event?.entitlement).toBe('server');
    expect(second.body.event?.actor.id).not.toBe(first.body.event?.actor.id);
    const page = await send(lab, 'alice', 'GET', 'streams/mine');
    expect(page.body.events).toHaveLength(2);
    expect((await send(lab, 'alice', 'DELETE', 'streams/mine')).status).toBe(200);
  });
});
