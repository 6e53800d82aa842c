/** The file of a notebook, which the room server writes a moment after each change. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JupyterLab } from './jupyter-lab.js';
import { until } from './until.js';

/** Waits until the file has all these words in it; gives its text. It may be half written before. */
export function saved(lab: JupyterLab, path: string, ...words: string[]): Promise<string> {
  return until(`${path} is saved with ${words.join(', ')}`, () => {
    const text = readFileSync(join(lab.root, path), 'utf8');
    return words.every(word => text.includes(word)) && text.endsWith('\n}\n') && text;
  });
}
