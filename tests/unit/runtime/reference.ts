/** A straightforward reading of nbclient's rules for outputs, to compare the output fold with. */
import type { IopubMessage } from '../../../agent/ports/runtime.js';

export interface ReferenceOutput {
  output_type: string;
  [key: string]: unknown;
}

/** JupyterLab's terminal rules, one character at a time. */
function terminal(raw: string): string {
  let text: string[] = [];
  let cursor = 0;
  for (const character of raw.split('')) {
    if (character === '\n') {
      text.push('\n');
      cursor = text.length;
    } else if (character === '\r') {
      while (cursor > 0 && text[cursor - 1] !== '\n') {
        cursor -= 1;
      }
    } else if (character === '\b') {
      if (cursor > 0 && text[cursor - 1] !== '\n') {
        text = [...text.slice(0, cursor - 1), ...text.slice(cursor + 1)];
        cursor -= 1;
      }
    } else {
      text[cursor] = character;
      cursor += 1;
    }
  }
  return text.join('');
}

/** The outputs after all messages. */
export function referenceOutputs(messages: readonly IopubMessage[]): ReferenceOutput[] {
  let outputs: (ReferenceOutput & { display?: string | undefined })[] = [];
  let clearNext = false;
  const add = (output: ReferenceOutput & { display?: string | undefined }): void => {
    if (clearNext) {
      outputs = [];
      clearNext = false;
    }
    outputs.push(output);
  };
  const update = (display: string | undefined, content: Record<string, unknown>): void => {
    for (const output of outputs) {
      if (display !== undefined && output.display === display) {
        output['data'] = content['data'];
        output['metadata'] = content['metadata'];
      }
    }
  };
  for (const { header, content } of messages) {
    const display = (content['transient'] as { display_id?: string } | undefined)?.display_id;
    switch (header.msg_type) {
      case 'stream':
        if (!clearNext && outputs.at(-1)?.['name'] === content['name']) {
          outputs.at(-1)!['text'] = `${String(outputs.at(-1)!['text'])}${String(content['text'])}`;
        } else {
          add({ output_type: 'stream', name: content['name'], text: content['text'] });
        }
        break;
      case 'display_data':
      case 'execute_result': {
        update(display, content);
        const count =
          'execution_count' in content ? { execution_count: content['execution_count'] } : {};
        add({
          output_type: header.msg_type,
          data: content['data'],
          metadata: content['metadata'],
          ...count,
          display
        });
        break;
      }
      case 'update_display_data':
        update(display, content);
        break;
      case 'error':
        add({ output_type: 'error', ...content });
        break;
      case 'clear_output':
        if (content['wait'] === true) {
          clearNext = true;
        } else {
          outputs = [];
        }
        break;
      default:
    }
  }
  return outputs.map(({ display: _display, ...output }) =>
    output.output_type === 'stream' ? { ...output, text: terminal(String(output['text'])) } : output
  );
}
