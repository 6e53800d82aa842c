/** The fold of Output widgets: what it takes, what it leaves, what it has the caller do. */
import { describe, expect, it } from 'vitest';
import { OutputWidgets, type WidgetStep } from '../../agent/core/outputs/output-widgets.js';

class Kernel {
  readonly widgets = new OutputWidgets();

  says(type: string, content: Record<string, unknown>, parent = 'run'): WidgetStep {
    const message = { header: { msg_type: type }, parent_header: { msg_id: parent }, content };
    const own = { run: 'run', sent: (id: string) => id === 'ours' };
    return this.widgets.take(message, type === 'stream', own);
  }

  opens(commId: string): void {
    const state = { _model_name: 'OutputModel', msg_id: '', outputs: [] };
    this.says('comm_open', { comm_id: commId, data: { state } });
  }

  tells(commId: string, state: unknown, parent = 'run', method = 'update'): WidgetStep {
    return this.says('comm_msg', { comm_id: commId, data: { method, state } }, parent);
  }

  prints(text: string, parent = 'run'): WidgetStep {
    return this.says('stream', { name: 'stdout', text }, parent);
  }

  texts(commId: string): unknown[] {
    return this.widgets.outputs(commId).map(output => output['text']);
  }
}

describe('Output widgets', () => {
  it('[Y12] take what a run says inside them, the innermost first, and leave the rest', () => {
    const kernel = new Kernel();
    kernel.opens('outer');
    kernel.opens('inner');
    expect(kernel.prints('before')).toEqual({ captured: false });
    kernel.tells('outer', { msg_id: 'run' });
    expect(kernel.prints('1')).toEqual({ captured: true, changed: 'outer' });
    kernel.tells('inner', { msg_id: 'run' });
    expect(kernel.prints('2')).toEqual({ captured: true, changed: 'inner' });
    kernel.tells('inner', { msg_id: '' });
    kernel.prints('3');
    kernel.tells('outer', { msg_id: '' });
    expect(kernel.prints('after')).toEqual({ captured: false });
    expect([kernel.texts('outer'), kernel.texts('inner')]).toEqual([['13'], ['2']]);
  });

  it('[Y12] are left to the page whose own request is inside them', () => {
    const kernel = new Kernel();
    kernel.opens('out');
    kernel.tells('out', { msg_id: 'slider' }, 'slider');
    expect(kernel.prints('moved', 'slider')).toEqual({ captured: false });
    kernel.tells(
      'out',
      { outputs: [{ output_type: 'stream', text: 'by a page' }] },
      'p',
      'echo_update'
    );
    kernel.tells('out', { outputs: [] }, 'ours', 'echo_update');
    expect(kernel.texts('out')).toEqual(['by a page']);
  });

  it('[Y12] that nobody knows yet are asked what they show, and lose nothing meanwhile', () => {
    const kernel = new Kernel();
    expect(kernel.tells('old', { msg_id: 'run' })).toEqual({ captured: false, ask: 'old' });
    expect(kernel.prints('new')).toEqual({ captured: true });
    const outputs = [{ output_type: 'stream', name: 'stdout', text: 'old ' }];
    expect(kernel.tells('old', { outputs }, 'ask')).toEqual({ captured: false, changed: 'old' });
    expect(kernel.texts('old').join('')).toBe('old new');
  });

  it('[Y12] that are closed take nothing any more', () => {
    const kernel = new Kernel();
    kernel.opens('out');
    kernel.tells('out', { msg_id: 'run' });
    kernel.says('comm_close', { comm_id: 'out' });
    expect(kernel.prints('1')).toEqual({ captured: false });
  });
});
