/**
 * Statements of the simulated kernel that show something, small or too large for the document, and how
 * much of it may stand there.
 */
import type { OutputBudget } from '../../agent/core/outputs/output-budget.js';
import type { IopubMessage } from '../../agent/ports/runtime.js';

/** A display that cells share. */
const SHARED = { display_id: 'shared' };

/** A flood exceeds what a stream may have, two pictures all of it; many outputs exceed even that. */
export const BUDGET: Omit<OutputBudget, 'uploads'> = {
  ...{ inlineBytes: 4000, stream: 1200, head: 300, tail: 400, small: 150 },
  ...{ beyond: 600, each: 150 }
};

/** Lines of a flood. */
const LINES = 80;

export interface Said {
  readonly type: string;
  readonly content: IopubMessage['content'];
}

/** What a statement shows; undefined: nothing. `id`: the request's; `count`: the cell's. */
export function outputOf(verb: string, text: string, id: string, count: number): Said | undefined {
  const data = { 'text/plain': text };
  const transient = { display_id: `shown-by-${id}` };
  const shown = (type: string, content: IopubMessage['content']): Said => ({
    type,
    content: { data, metadata: {}, ...content }
  });
  switch (verb) {
    case 'print':
      return { type: 'stream', content: { name: 'stdout', text: `${text}\n` } };
    case 'warn':
      return { type: 'stream', content: { name: 'stderr', text: `${text}\r` } };
    case 'flood':
      return { type: 'stream', content: { name: 'stdout', text: flood(text) } };
    case 'warn-flood':
      return { type: 'stream', content: { name: 'stderr', text: flood(text) } };
    case 'show':
      return shown('display_data', { transient });
    case 'picture':
      return shown('display_data', { data: { ...data, 'image/png': picture(text) }, transient });
    case 'table':
      return shown('display_data', { data: { ...data, ...table(text) } });
    case 'update':
      return shown('update_display_data', { transient });
    case 'update-picture':
      return shown('update_display_data', {
        ...{ data: { ...data, 'image/png': picture(text) }, transient }
      });
    case 'result':
      return shown('execute_result', { execution_count: count });
    case 'share':
      return shown('display_data', { transient: SHARED });
    case 'reshare':
      return shown('update_display_data', { transient: SHARED });
    case 'reshare-table':
      return shown('update_display_data', {
        ...{ data: { ...data, ...table(text) }, transient: SHARED }
      });
    default:
      return undefined;
  }
}

/** Entries of a traceback that is too long for the document. */
export function traceOf(text: string): string[] {
  return Array.from({ length: LINES }, (_, entry) => `${text} called\n  ${entry}`);
}

function flood(text: string): string {
  return Array.from({ length: LINES }, (_, line) => `${text} ${line}\n`).join('');
}

/** The same for everybody who says the same: bytes that are stored once. */
function picture(text: string): string {
  return Buffer.from(`${text.split('@')[0] ?? ''} `.repeat(400)).toString('base64');
}

function table(text: string): { readonly 'application/vnd.table+json': { rows: string[] } } {
  const rows = Array.from({ length: 150 }, (_, row) => `${text} ${row}`);
  return { 'application/vnd.table+json': { rows } };
}
