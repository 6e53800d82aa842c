/**
 * The Streams browser as a person uses it, in a real Chromium against a real server: following what
 * an agent does, posting, pausing, the keyboard, a reload, and a host that is killed meanwhile.
 */
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { StreamPath } from '../../schema/index.js';
import { eventsOf, streamOf } from './history.js';
import type { LabPage } from './lab-page.js';
import { stage } from './stage.js';
import { until } from './until.js';

/** The browser of streams on one page. */
class Streams {
  readonly tree: Locator;
  readonly lines: Locator;
  readonly compose: Locator;
  readonly state: Locator;
  readonly connection: Locator;

  private constructor(readonly page: Page) {
    const panel = page.locator('#colophon-streams');
    this.tree = panel.getByRole('tree', { name: 'Streams' });
    this.lines = panel.locator('.jp-ColophonStreams-event');
    this.compose = panel.locator('.jp-ColophonStreams-compose');
    this.state = panel.locator('.jp-ColophonStreams-state');
    this.connection = panel.locator('.jp-ColophonStreams-connection');
  }

  static async open(lens: LabPage, stream?: string): Promise<Streams> {
    lens.page.setDefaultTimeout(20_000);
    await lens.command('colophon:open-streams', stream === undefined ? {} : { stream });
    const streams = new Streams(lens.page);
    await streams.tree.waitFor();
    return streams;
  }

  /** The browser that came back by itself after a reload. */
  static async restored(page: Page): Promise<Streams> {
    const streams = new Streams(page);
    await streams.tree.waitFor({ timeout: 90_000 });
    return streams;
  }

  row(path: string): Locator {
    return this.tree.locator(`[role="treeitem"][data-path="${path}"]`);
  }

  button(name: string): Locator {
    return this.page.locator('#colophon-streams').getByRole('button', { name, exact: true });
  }

  line(text: string | RegExp): Locator {
    return this.lines.filter({ hasText: text }).first();
  }

  /** Offsets of the rows on the page, from top to bottom. */
  offsets(): Promise<number[]> {
    return this.lines.evaluateAll(rows => rows.map(row => Number(row.dataset['offset'])));
  }

  /** Waits until the row with this offset is the last one on the page. */
  endsWith(offset: number): Promise<number[]> {
    return until(`event ${offset} at the bottom`, async () => {
      const offsets = await this.offsets();
      return offsets.at(-1) === offset && offsets;
    });
  }

  async post(type: string, payload: string): Promise<void> {
    await this.compose.getByLabel('Type', { exact: true }).fill(type);
    await this.compose.getByLabel('Payload (JSON)').fill(payload);
    await this.page.keyboard.press('Control+Enter');
  }
}

describe('the Streams browser', () => {
  const { lab, open } = stage();

  const post = async (stream: string, body: unknown): Promise<number> => {
    const answer = await lab.fetch(`colophon/api/streams${stream}`, {
      method: 'POST',
      body: JSON.stringify(body)
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { event: { offset: number } }).event.offset;
  };
  /** Fifty at a time, so that an event's text is not its offset. */
  const postMany = async (stream: string, from: number, to: number) => {
    for (let next = from; next <= to; next += 50) {
      const some = Array.from({ length: Math.min(50, to + 1 - next) }, (_, index) => next + index);
      await Promise.all(
        some.map(text => post(stream, { type: 'tick', payload: { text: `${text}` } }))
      );
    }
  };

  it('[B1] shows the run of a notebook in its stream while it happens, under the name of its file', async () => {
    const path = lab.writeNotebook('follow.ipynb', {
      one: 'import time\nprint("first words")\ntime.sleep(2)\nprint("last words")'
    });
    const lens = await open('alice', path);
    await lens.kernelIdle();
    const stream = await streamOf(lab, path);
    const streams = await Streams.open(lens);
    await streams.row(stream).getByText('follow.ipynb').waitFor();
    expect(await streams.row(stream).getAttribute('aria-selected')).toBe('true');
    await lens.command('notebook:run-all-cells', { activate: false });
    await streams.line(/output\.\w+.*first words/).waitFor();
    expect(await streams.line('execution.finished').count()).toBe(0);
    await streams.line(/output\.\w+.*last words/).waitFor();
    await streams.line(/Alice.*execution\.requested/).waitFor();
    await lens.screenshot('streams-light');
    const finished = streams.line(/Runtime for Alice.*execution\.finished.*ok/);
    await finished.getByRole('button').first().click();
    const whole = finished.locator('pre');
    const list = await lens.page.locator('.jp-ColophonStreams-events').boundingBox();
    await until('the whole event is in view', async () => {
      const box = await whole.boundingBox();
      return box !== null && list !== null && box.y + box.height <= list.y + list.height;
    });
    expect(JSON.parse((await whole.textContent()) ?? '')).toMatchObject({
      type: 'execution.finished',
      streamPath: stream,
      assurance: 'verified'
    });
    expect(await finished.getByRole('link').getAttribute('href')).toMatch(
      /colophon\/api\/event-types\/execution\.finished$/
    );
    await lens.close();
  });

  it('[B2] posts what is written, says what is wrong where it is wrong, and never loses the draft', async () => {
    const lens = await open('alice', lab.writeNotebook('post.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/team/chat');
    await streams.post('hello', '{"text": "bad",\n  oops}');
    const error = streams.compose.getByRole('alert');
    expect(await error.innerText()).toBe('This is not JSON: “oops” in line 2, column 3.');
    const payload = streams.compose.getByLabel('Payload (JSON)');
    expect(await payload.getAttribute('aria-invalid')).toBe('true');
    expect(await lab.fetch('colophon/api/streams/team/chat').then(({ status }) => status)).toBe(
      404
    );

    await streams.post('hello', '{"text": "from the composer"}');
    await streams.compose.getByText('Stored as event 1.').waitFor();
    await streams.line(/Alice.*hello.*from the composer/).waitFor();
    await streams.row('/team/chat').getByText('1 event').waitFor({ state: 'attached' });

    await streams.compose.getByLabel('Expected offset').fill('9');
    await streams.compose.getByRole('button', { name: 'Post' }).click();
    await streams.compose.getByText(/offset-mismatch/).waitFor();
    await streams
      .row('/refusals')
      .or(streams.row(await streamOf(lab, 'post.ipynb')))
      .first()
      .click();
    await streams.row('/team/chat').click();
    expect(await payload.inputValue()).toBe('{"text": "from the composer"}');
    expect(await streams.compose.getByLabel('Expected offset').inputValue()).toBe('9');
    await lens.close();
  });

  it('[B3] pauses and resumes a stream for everybody, with the reason, and shows its state live', async () => {
    await post('/work/queue', { type: 'begun' });
    const lens = await open('alice', lab.writeNotebook('pause.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/work/queue');
    await streams.page.getByRole('tab', { name: 'State' }).click();
    await streams.state.getByText(/^1, the first at/).waitFor();
    await streams.button('Pause stream…').click();
    await streams.page.locator('.jp-Dialog input').fill('too loud');
    await streams.page.locator('.jp-Dialog').getByRole('button', { name: 'Pause stream' }).click();
    await streams.page.getByText('This stream is paused.').waitFor();
    await streams.page.locator('.jp-ColophonBanner', { hasText: 'too loud' }).waitFor();
    await streams.state.getByText(/^no: paused since .* · too loud$/).waitFor();
    await streams.page.getByRole('tab', { name: 'Compose' }).click();
    await streams.post('more', '{}');
    await streams.compose.getByText(/Refused \(stream-paused\)/).waitFor();
    await streams.button('Resume stream').click();
    await streams.button('Pause stream…').waitFor();
    await streams.page.keyboard.press('Control+Enter');
    await streams.compose.getByRole('button', { name: 'Post' }).click();
    await streams.compose.getByText('Stored as event 4.').waitFor();
    await lens.close();
  });

  it('[B4] is a tree for the keyboard: arrows, ends, letters, Enter', async () => {
    for (const stream of ['/keys', '/keys/alpha', '/keys/beta', '/keys/beta/deep', '/zebra']) {
      await post(stream, { type: 'begun' });
    }
    const lens = await open('alice', lab.writeNotebook('keys.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/keys');
    const { keyboard } = streams.page;
    const focused = (path: string) =>
      until(`${path} has the keyboard`, () =>
        streams.row(path).evaluate(row => row === document.activeElement)
      );
    await streams.row('/keys').click();
    await streams.row('/keys').focus();
    await keyboard.press('ArrowDown');
    await focused('/keys/alpha');
    await keyboard.press('b');
    await focused('/keys/beta');
    expect(await streams.row('/keys/beta').getAttribute('aria-level')).toBe('2');
    await keyboard.press('ArrowLeft');
    await streams.row('/keys/beta/deep').waitFor({ state: 'detached' });
    expect(await streams.row('/keys/beta').getAttribute('aria-expanded')).toBe('false');
    await keyboard.press('ArrowRight');
    await streams.row('/keys/beta/deep').waitFor();
    await keyboard.press('End');
    await focused('/zebra');
    await keyboard.press('Enter');
    await streams.page.getByRole('heading', { name: '/zebra' }).waitFor();
    expect(await streams.row('/zebra').getAttribute('aria-selected')).toBe('true');

    await post('/yonder/new', { type: 'begun' });
    await streams.row('/yonder/new').waitFor();
    await streams.page.getByLabel('Filter the streams').fill('yon');
    await streams.row('/zebra').waitFor({ state: 'detached' });
    await streams.row('/yonder').waitFor();
    await lens.close();
  });

  it('[B5] stays at the end, holds still while one reads above, and keeps a long stream smooth', async () => {
    await postMany('/long', 1, 1_500);
    const lens = await open('alice', lab.writeNotebook('long.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/long');
    await streams.endsWith(1_500);
    expect((await streams.offsets()).length).toBeLessThan(120);
    await postMany('/long', 1_501, 1_510);
    await streams.endsWith(1_510);

    const list = streams.page.locator('.jp-ColophonStreams-events');
    await list.hover();
    await streams.page.mouse.wheel(0, -800);
    await streams.button('To the newest event').waitFor();
    const before = await streams.lines.nth(12).boundingBox();
    const held = await streams.lines.nth(12).getAttribute('data-offset');
    await postMany('/long', 1_511, 1_530);
    await streams.button('20 new events').waitFor();
    const after = await streams.page.locator(`[data-offset="${held}"]`).boundingBox();
    expect(after?.y).toBe(before?.y);
    await streams.button('20 new events').click();
    await streams.endsWith(1_530);

    await streams.button('Pause view').click();
    await postMany('/long', 1_531, 1_535);
    await streams.button('5 new events').waitFor();
    expect((await streams.offsets()).at(-1)).toBe(1_530);
    await streams.button('Resume view').click();
    await streams.endsWith(1_535);

    await streams.page.getByLabel('Filter the events').fill('text:"7"');
    await streams.page.getByText('None of the loaded events fits the filter.').waitFor();
    await until('the event is found further back', async () => {
      const further = streams.button('Look further back');
      if (await further.isVisible()) {
        await further.click();
      }
      return (await streams.lines.count()) === 1;
    });
    await streams.line(/tick\s*7/).waitFor();
    await streams.page.getByLabel('Filter the events').fill('');

    await list.hover();
    await until('the beginning is reached', async () => {
      await streams.page.mouse.wheel(0, -4_000);
      return (await streams.offsets())[0] === 1;
    });
    await streams.page.getByLabel('Filter the events').fill('type:tick text:"1234"');
    await streams.page.getByText(/^1 of 1,535 loaded events$/).waitFor();
    expect(await streams.lines.count()).toBe(1);
    await streams.line(/tick\s*1234/).waitFor();
    await lens.close();
  });

  it('[B9] goes back past what a stream keeps no longer, to the first event that is left', async () => {
    await post('/kept', { type: 'begun' });
    await post('/kept', { type: 'stream.retention-configured', payload: { events: 600 } });
    await postMany('/kept', 1, 1_300);
    for (const [deed, state] of [
      ['stop', 'stopped'],
      ['start', 'running']
    ]) {
      await lab.fetch(`colophon/${deed}`, { method: 'POST', body: '{}' });
      await until(
        `the host is ${state}`,
        async () => (await lab.json<{ state: string }>('colophon/status')).state === state
      );
    }
    const lens = await open('alice', lab.writeNotebook('kept.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/kept');
    await streams.line('stream.trimmed').waitFor();
    await streams.page.locator('.jp-ColophonStreams-events').hover();
    await until('the first event that is left is reached', async () => {
      await streams.page.mouse.wheel(0, -4_000);
      return (await streams.offsets())[0] === 2;
    });
    expect((await streams.offsets())[1]).toBe(703);
    await streams.page.getByText('What was posted before is not kept any more.').waitFor();
    await lens.close();
  });

  it('[B6] is back after a reload, with the stream that was chosen', async () => {
    await post('/again', { type: 'begun', payload: { text: 'here I am' } });
    const lens = await open('alice', lab.writeNotebook('reload.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/again');
    await streams.line('here I am').waitFor();
    await until('the workspace is saved', async () => {
      const { data } = await lab.json<{ data?: Record<string, unknown> }>(
        `lab/api/workspaces/${new URL(lens.page.url()).pathname.split('/')[3] ?? ''}`
      );
      return JSON.stringify(data ?? {}).includes('"stream":"/again"');
    });
    await lens.page.reload();
    const back = await Streams.restored(lens.page);
    await back.line('here I am').waitFor({ timeout: 30_000 });
    expect(await back.row('/again').getAttribute('aria-selected')).toBe('true');
    await lens.close();
  });

  it('[B8] deletes a stream for good, once its path was typed', async () => {
    await post('/passing/by', { type: 'begun' });
    await post('/passing/on', { type: 'begun' });
    const lens = await open('alice', lab.writeNotebook('delete.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/passing/by');
    await streams.endsWith(1);
    const dialog = streams.page.locator('.jp-Dialog');
    await streams.button('Delete…').click();
    await dialog.locator('input').fill('/passing/on');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await streams.page.getByText('That is not its path: nothing was deleted.').first().waitFor();
    await streams.button('Delete…').click();
    await dialog.locator('input').fill('/passing/by');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await streams.page.getByText(/^This stream was deleted/).waitFor();
    await streams.row('/passing/on').click();
    await streams.row('/passing/by').waitFor({ state: 'detached' });
    expect(await lab.fetch('colophon/api/streams/passing/by').then(({ status }) => status)).toBe(
      404
    );
    await lens.close();
  });

  it('[B8] says that a stream was deleted by somebody else, and begins another one', async () => {
    await post('/vanishing', { type: 'begun' });
    const lens = await open('alice', lab.writeNotebook('vanish.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/vanishing');
    await streams.endsWith(1);
    await lab.fetch('colophon/api/streams/vanishing', { method: 'DELETE' });
    await streams.page.getByText(/^This stream was deleted/).waitFor();
    await streams.post('again', '{}');
    await streams.line('again').waitFor();
    await lens.close();
  });

  it('[B11] says in words what a stream does by itself, to be edited and ended there', async () => {
    const schedule = { kind: 'every', seconds: 3_600 };
    const payload = { slug: 'hourly', append: { type: 'tick' }, schedule };
    await post('/clock', { type: 'schedule.configured', payload });
    await post('/clock/second', { type: 'begun' });
    const lens = await open('alice', lab.writeNotebook('clock.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/clock');
    const { page, state } = streams;
    await page.getByRole('tab', { name: 'State' }).click();
    await state.getByText(/^posts tick every 1 h 0 min; next at /).waitFor();
    await state.getByRole('button', { name: 'Edit' }).click();
    const written = await streams.compose.getByLabel('Payload (JSON)').inputValue();
    expect(JSON.parse(written)).toEqual(payload);
    await streams.compose
      .getByLabel('Payload (JSON)')
      .fill(written.replace('3600', '60').replace('tick', 'tock'));
    await streams.compose.getByLabel('Begin with').selectOption('stream.paused');
    await streams.compose.getByLabel('Begin with').selectOption('schedule.configured');
    await streams.compose.getByRole('button', { name: 'Post' }).click();
    await page.getByRole('tab', { name: 'State' }).click();
    await state.getByText(/^posts tock every 1 min 0 s; next at /).waitFor();
    await state.getByRole('button', { name: 'Cancel…' }).click();
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Cancel schedule' }).click();
    await state.getByText(/^It does nothing by itself/).waitFor();
    await streams.line(/Alice.*schedule\.cancelled.*hourly/).waitFor();
    await state.getByRole('button', { name: '/clock/second' }).click();
    await page.getByRole('heading', { name: '/clock/second' }).waitFor();
    await lens.close();
  });

  it('[B11] says why a subscription is parked, and resumes and removes it', async () => {
    const payload = {
      slug: 'bot',
      url: 'https://example.org/hook',
      transform: '$error("no good")'
    };
    await post('/hooked', { type: 'subscription.configured', payload });
    await post('/hooked', { type: 'said' });
    const lens = await open('alice', lab.writeNotebook('hooked.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/hooked');
    const { page, state } = streams;
    await page.getByRole('tab', { name: 'State' }).click();
    await state.getByText(/^Parked at event 2 after 1 attempt: .*no good/).waitFor();
    await state.getByRole('button', { name: 'Resume' }).click();
    await streams.line(/Alice.*subscription\.resumed.*bot/).waitFor();
    await state.getByRole('button', { name: 'Remove…' }).click();
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Remove' }).click();
    await state.getByText(/^It does nothing by itself/).waitFor();
    await lens.close();
  });

  it('[B3] says that a stream is closed for ever, and lets nobody pause it', async () => {
    const ended = (method: string, headers: Record<string, string>) =>
      lab.fetch('colophon/v1/stream/ended', { method, headers });
    expect((await ended('PUT', { 'Content-Type': 'application/json' })).status).toBe(201);
    expect((await ended('POST', { 'Stream-Closed': 'true' })).status).toBe(204);
    const lens = await open('alice', lab.writeNotebook('ended.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/ended');
    await streams.page.getByText('This stream is closed for ever.').waitFor();
    expect(await streams.button('Pause stream…').isDisabled()).toBe(true);
    await streams.compose.getByLabel('Type', { exact: true }).fill('late');
    await streams.compose.getByRole('button', { name: 'Post' }).click();
    await streams.page.getByText('Refused (stream-closed)').waitFor();
    await lens.close();
  });

  it('[B12] says who may not read a stream, and shows it as soon as they may', async () => {
    const asBob = (body: unknown) =>
      lab.fetch(
        'colophon/api/streams/private/bob',
        { method: 'POST', body: JSON.stringify(body) },
        'bob'
      );
    await asBob({ type: 'begun', payload: { text: 'for my eyes' } });
    const lens = await open('alice', lab.writeNotebook('private.ipynb', { one: '' }));
    const streams = await Streams.open(lens, '/private/bob');
    await streams.page.getByText(/^You may not read \/private\/bob\./).waitFor();
    expect(await streams.connection.innerText()).toBe('not yours to read');
    expect(await streams.button('Delete…').isDisabled()).toBe(true);
    await asBob({ type: 'access.granted', payload: { username: 'alice', may: 'read' } });
    await streams.line('for my eyes').waitFor();
    await streams.post('mine', '{}');
    await streams.compose.getByText(/Refused \(forbidden\): You may not write/).waitFor();
    await asBob({ type: 'access.revoked', payload: { username: 'alice' } });
    await streams.page.getByText(/^You may not read \/private\/bob\./).waitFor();
    await streams.lines.first().waitFor({ state: 'detached' });
    await lens.close();
  });

  it('[B13] goes from the stream of a notebook to the notebook', async () => {
    const path = lab.writeNotebook('there.ipynb', { one: 'print("over there")' });
    const first = await open('alice', path);
    const stream = await streamOf(lab, path);
    await first.close();
    const lens = await open('alice', lab.writeNotebook('here.ipynb', { one: '' }));
    const streams = await Streams.open(lens, stream);
    await streams.button('Open notebook').click();
    await lens.page.locator('.jp-Notebook').getByText('over there').waitFor();
    await lens.close();
  });

  it('[B7] says when the host is away, and goes on without loss and without doubles', async () => {
    const stream = '/steady' as StreamPath;
    await postMany(stream, 1, 5);
    const lens = await open('alice', lab.writeNotebook('away.ipynb', { one: '' }));
    const streams = await Streams.open(lens, stream);
    await streams.endsWith(5);
    const states = await lens.page.evaluateHandle(() => {
      const seen: string[] = [];
      const chip = () =>
        document.querySelector('.jp-ColophonStreams-connection')?.textContent ?? '';
      new MutationObserver(() => seen.push(chip())).observe(document.body, {
        characterData: true,
        childList: true,
        subtree: true
      });
      return seen;
    });
    const { host } = await lab.json<{ host: { pid: number } }>('colophon/status');
    process.kill(host.pid, 'SIGKILL');
    await until('the connection is lost', async () =>
      (await states.jsonValue()).includes('reconnecting…')
    );
    await postMany(stream, 6, 25);
    await streams.endsWith(25);
    await until('it is live', async () => (await streams.connection.innerText()) === 'live');
    await postMany(stream, 26, 30);
    const offsets = await streams.endsWith(30);
    expect(offsets).toEqual(offsets.map((_, index) => index + (offsets[0] ?? 0)));
    expect((await eventsOf(lab, stream)).length).toBe(30);
    await lens.close();
  });
});
