/** The state of widgets that a notebook keeps, by the messages of a kernel. */
import { describe, expect, it } from 'vitest';
import { WidgetModels } from '../../agent/core/outputs/widget-models.js';
import { modelsShown, savedWidgets, WIDGET_STATE } from '../../agent/core/outputs/widget-state.js';

interface Saved {
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffers?: unknown;
}

class Kernel {
  readonly models = new WidgetModels();

  says(type: string, content: Record<string, unknown>, buffers: string[] = []): boolean {
    return this.models.take({ header: { msg_type: type }, content, buffers });
  }

  opens(id: string, state: object, paths: unknown[] = [], buffers: string[] = []): void {
    const named = { _model_name: 'M', _model_module: 'm', _model_module_version: '1', ...state };
    const data = { state: named, buffer_paths: paths };
    this.says('comm_open', { comm_id: id, target_name: 'jupyter.widget', data }, buffers);
  }

  tells(id: string, data: object, buffers: string[] = []): boolean {
    return this.says('comm_msg', { comm_id: id, data: { method: 'update', ...data } }, buffers);
  }

  saved(shown: string[], before?: unknown, most?: number): Record<string, Saved> {
    return stateOf(savedWidgets(this.models, shown, before, most).value);
  }
}

function stateOf(value: unknown): Record<string, Saved> {
  return (
    (value as Record<string, { state: Record<string, Saved> }> | undefined)?.[WIDGET_STATE]
      ?.state ?? {}
  );
}

function before(ids: string[]): unknown {
  const state = Object.fromEntries(ids.map(id => [id, { model_name: 'Old', state: {} }]));
  return { [WIDGET_STATE]: { version_major: 2, version_minor: 0, state } };
}

describe('the state of widgets', () => {
  it('[WG4] is each model as the kernel told it last, also after a page has changed it', () => {
    const kernel = new Kernel();
    kernel.opens('slider', { value: 1, max: 9 });
    kernel.tells('slider', { state: { value: 2 } });
    kernel.tells('slider', { method: 'echo_update', state: { value: 3 } });
    expect(kernel.tells('slider', { method: 'custom', content: {} })).toBe(false);
    expect(kernel.saved(['slider'])).toEqual({
      slider: {
        model_name: 'M',
        model_module: 'm',
        model_module_version: '1',
        state: {
          _model_name: 'M',
          _model_module: 'm',
          _model_module_version: '1',
          value: 3,
          max: 9
        }
      }
    });
  });

  it('[WG4] has bytes as base64 at their place, and lets go those of a value that is set anew', () => {
    const kernel = new Kernel();
    kernel.opens('image', { format: 'png' }, [['value']], ['AAA=']);
    kernel.tells('image', { state: { array: { shape: [1] } }, buffer_paths: [['array', 'data']] }, [
      'BBB='
    ]);
    const path = (...place: string[]) => ({ path: place, encoding: 'base64' });
    expect(kernel.saved(['image'])['image']?.buffers).toEqual([
      { ...path('value'), data: 'AAA=' },
      { ...path('array', 'data'), data: 'BBB=' }
    ]);
    kernel.tells('image', { state: {}, buffer_paths: [['value']] }, ['CCC=']);
    kernel.tells('image', { state: { array: null } });
    expect(kernel.saved(['image'])['image']?.buffers).toEqual([{ ...path('value'), data: 'CCC=' }]);
  });

  it('[WG4] is known to an agent that came later from the kernel’s answer', () => {
    const kernel = new Kernel();
    const { value, unknown } = savedWidgets(kernel.models, ['image'], undefined);
    expect([value, unknown]).toEqual([undefined, true]);
    const states = { image: { model_name: 'M', state: { _model_name: 'M', format: 'png' } } };
    const data = { method: 'update_states', states, buffer_paths: [['image', 'state', 'value']] };
    kernel.says('comm_msg', { comm_id: 'control', data }, ['AAA=']);
    expect(kernel.saved(['image'])['image']).toMatchObject({
      state: { format: 'png' },
      buffers: [{ path: ['value'], data: 'AAA=' }]
    });
    expect(savedWidgets(kernel.models, ['image'], undefined).unknown).toBe(false);
  });

  it('[WG4] is asked for when something changes that was saved before the agent came', () => {
    const kernel = new Kernel();
    const earlier = before(['slider']);
    expect(savedWidgets(kernel.models, ['slider'], earlier).unknown).toBe(false);
    expect(kernel.tells('slider', { state: { value: 1 } })).toBe(true);
    expect(savedWidgets(kernel.models, ['slider'], earlier).unknown).toBe(true);
    expect(savedWidgets(kernel.models, ['other'], earlier).unknown).toBe(true);
    kernel.opens('slider', {});
    expect(savedWidgets(kernel.models, ['slider'], earlier).unknown).toBe(false);
  });

  it('[WG5] has what outputs show, what this refers to and links between them, and nothing else', () => {
    const kernel = new Kernel();
    kernel.opens('box', { _view_name: 'Box', children: ['IPY_MODEL_slider', 'IPY_MODEL_out'] });
    kernel.opens('slider', { _view_name: 'Slider', layout: 'IPY_MODEL_layout' });
    kernel.opens('layout', { _view_name: 'Layout' });
    const view = { 'application/vnd.jupyter.widget-view+json': { model_id: 'inner' } };
    kernel.opens('out', {
      _view_name: 'Out',
      outputs: [{ output_type: 'display_data', data: view }]
    });
    kernel.opens('inner', { _view_name: 'Slider' });
    kernel.opens('link', { _view_name: null, source: ['IPY_MODEL_slider', 'value'] });
    kernel.opens('other', { _view_name: 'Slider' });
    kernel.opens('other-link', { _view_name: null, source: ['IPY_MODEL_other', 'value'] });
    const shown = [...modelsShown({ data: { ...view, 'text/plain': 'IPY' } })];
    expect(shown).toEqual(['inner']);
    expect(Object.keys(kernel.saved(['box'])).sort()).toEqual(
      ['box', 'inner', 'layout', 'link', 'out', 'slider'].sort()
    );
  });

  it('[WG5] keeps what is shown and was saved by an earlier kernel, and drops what is not shown or was closed', () => {
    const kernel = new Kernel();
    kernel.opens('now', { value: 1 });
    kernel.opens('closed', { value: 1 });
    kernel.says('comm_close', { comm_id: 'closed' });
    const saved = kernel.saved(['now', 'shown', 'closed'], before(['shown', 'gone', 'closed']));
    expect(Object.keys(saved)).toEqual(['now', 'shown']);
    const { value } = savedWidgets(kernel.models, [], {
      ...(before(['gone']) as object),
      other: 1
    });
    expect(value).toEqual({ other: 1 });
    expect(savedWidgets(kernel.models, [], before(['gone'])).value).toBeUndefined();
  });

  it('[WG5] leaves out widgets that would make it too large, whole', () => {
    const kernel = new Kernel();
    kernel.opens('small', { value: 1 });
    kernel.opens('large', { value: 'x'.repeat(5000), layout: 'IPY_MODEL_layout' });
    kernel.opens('layout', {});
    kernel.opens('last', { value: 2 });
    expect(Object.keys(kernel.saved(['small', 'large', 'last'], undefined, 2000)).sort()).toEqual([
      'last',
      'small'
    ]);
  });
});
