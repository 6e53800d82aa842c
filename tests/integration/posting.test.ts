/** Posting through a real Jupyter Server: who posted is who the server authenticated. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf, eventually } from '../e2e/history.js';
import { JupyterLab } from '../e2e/jupyter-lab.js';
import { RoomObserver } from './room-observer.js';

describe('posting through the server', () => {
  const lab = new JupyterLab();

  beforeAll(() => lab.start());
  afterAll(() => lab.stop());

  const post = (path: string, body: object, user: 'alice' | 'bob') =>
    lab.fetch(`colophon/api/streams${path}`, { method: 'POST', body: JSON.stringify(body) }, user);

  it('[S9] a post is by the user of the token, and a reader elsewhere has it at once', async () => {
    expect(
      (await post('/team', { type: 'stream.made-public', payload: { write: true } }, 'alice'))
        .status
    ).toBe(200);
    const live = await lab.fetch('colophon/api/streams/team/chat?live=true', {}, 'alice');
    const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
    const forged = { type: 'said', payload: { text: 'hi' }, metadata: { actor: 'alice' } };
    const answer = await post('/team/chat', forged, 'bob');
    const { event } = (await answer.json()) as { event: Record<string, unknown> };
    expect(event).toMatchObject({ actor: { kind: 'human', id: 'bob' }, assurance: 'verified' });
    let text = '';
    while (!text.includes('data: ')) {
      text += (await reader?.read())?.value ?? '';
    }
    expect(JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '')).toEqual(event);
    await reader?.cancel();
  });

  it("[S9] a post to a notebook's stream stands among its facts, which go on as before", async () => {
    const path = lab.writeNotebook('posted.ipynb', { a: '' });
    const alice = await RoomObserver.join(lab, path);
    const stream = `/notebooks/${alice.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    expect((await post(stream, { type: 'reviewed' }, 'bob')).status).toBe(200);
    expect((await post(stream, { type: 'stream.paused' }, 'bob')).status).toBe(200);
    expect((await post(stream, { type: 'reviewed' }, 'bob')).status).toBe(412);
    alice.notebook.cells[0]?.setSource('typed while paused');
    await eventually(lab, stream, 'cell.source-changed');
    const events = await eventsOf(lab, stream);
    expect(events.map(({ offset }) => offset)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type }) => type as string)).toContain('reviewed');
    const typed = events.find(({ type }) => type === 'cell.source-changed');
    const cells = await lab.json<{ offset: number }>(`colophon/api/views/cells?stream=${stream}`);
    expect(cells.offset).toBeGreaterThanOrEqual(typed?.offset ?? Infinity);
    alice.leave();
  });

  it('[S13] keys come back as they were posted, whichever came before', async () => {
    const payloads = ['\\', '"', '\n'].map(key => ({ k: 1, [key]: 2 }));
    for (const payload of payloads) {
      const answer = await post('/keys', { type: 'counted', payload }, 'alice');
      expect(await answer.text()).toContain(JSON.stringify(payload));
    }
    const all = await lab.fetch('colophon/api/streams/keys', {
      headers: { Accept: 'application/json' }
    });
    const text = await all.text();
    expect(payloads.filter(payload => !text.includes(JSON.stringify(payload)))).toEqual([]);
  });

  it("[K3] a rule of retention is refused in a notebook's own stream", async () => {
    const path = lab.writeNotebook('kept.ipynb', { a: '' });
    const alice = await RoomObserver.join(lab, path);
    const stream = `/notebooks/${alice.fileId}`;
    await eventually(lab, stream, 'notebook.opened');
    const rule = { type: 'stream.retention-configured', payload: { days: 1 } };
    expect((await post(stream, rule, 'alice')).status).toBe(403);
    expect((await post(`${stream}/notes`, rule, 'alice')).status).toBe(200);
    alice.leave();
  });
});
