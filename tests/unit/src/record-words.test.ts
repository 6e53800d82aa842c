import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { WholeRecord } from '../../../agent/core/views/execution-record.js';
import { recordDetails } from '../../../src/words/record-words.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const RECORD = {
  kernelId: 'k-1',
  documentOffset: 41,
  environment: {
    ...{ environment: '', kernelName: 'python3', language: 'python', languageVersion: '3.12.3' },
    ...{ implementation: 'ipython', implementationVersion: null, interpreter: null },
    ...{ prefix: '/venv', packages: 'a'.repeat(64), packageList: ['numpy==2.2.1'] }
  },
  outputs: [
    { output_type: 'stream', name: 'stdout', text: 'hello\n' },
    { output_type: 'display_data', data: { 'text/plain': '<Figure>', 'image/png': 'xx' } },
    { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: [] }
  ],
  outputSummaries: []
} as unknown as WholeRecord;

const texts = (record: Partial<WholeRecord>) =>
  recordDetails({ ...RECORD, ...record }, trans).map(({ text }) => text);

describe('the record of a run, in words', () => {
  it('[DU11] says what it ran in, on what of the notebook, and what it gave', () => {
    expect(texts({})).toEqual([
      'python3 · python 3.12.3 · ipython · /venv · 1 package (aaaaaaaaaaaa)',
      'k-1',
      'as it was at event 41 of its history',
      'hello\n<Figure> [image/png]\nValueError: no'
    ]);
    expect(texts({ outputs: [] }).at(-1)).toBe('none');
    const long = { output_type: 'stream', text: 'x'.repeat(5000) };
    expect(texts({ outputs: [long] }).at(-1)).toMatch(/^x{4000}\n… and 1000 characters more$/);
  });

  it('[DU11] says what is not known, and shows the beginnings of outputs that are not kept', () => {
    const unknown = 'The kernel runs behind a gateway.';
    const environment = { ...RECORD.environment!, packages: null, unknown };
    expect(texts({ environment })[0]).toMatch(/· The kernel runs behind a gateway\.$/);
    expect(texts({ environment: null })[0]).toBe('not known');
    const gone = {
      outputs: null,
      outputSummaries: [{ outputType: 'stream', preview: 'hel', bytes: 5, digest: '' }],
      outputsMissing: 'It was dropped.'
    } as unknown as Partial<WholeRecord>;
    expect(texts(gone).at(-1)).toBe('It was dropped.\nhel');
  });
});
