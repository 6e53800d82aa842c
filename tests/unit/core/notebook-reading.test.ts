import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { canonicalJson, digestOf } from '../../../agent/core/digest.js';
import { toJson } from '../../../agent/core/json.js';
import { fromNotebook } from '../../../agent/core/notebook/from-notebook.js';
import { summarizeOutput } from '../../../agent/core/notebook/output.js';
import { millisecondsOf } from '../../../agent/core/timestamp.js';
import { createOutputReader } from '../../../agent/room/output-snapshot.js';
import { Json, OutputSummary } from '../../../schema/index.js';
import { output } from './arbitrary-notebooks.js';

describe('reading a notebook', () => {
  it('[WG9] tells the state of widgets by its digest and its length', () => {
    const widgets = {
      'application/vnd.jupyter.widget-state+json': { state: { a: 'x'.repeat(99) } }
    };
    const { metadata } = fromNotebook({ metadata: { widgets, x: 1 } });
    const text = canonicalJson(widgets);
    expect(metadata).toEqual({ x: 1, widgets: { digest: digestOf(text), length: text.length } });
  });

  it('[M19] takes lines for text, and leaves out whether a cell is trusted', () => {
    const read = fromNotebook({
      nbformat: 4,
      nbformat_minor: 4,
      metadata: { x: 1 },
      cells: [
        {
          cell_type: 'code',
          source: ['a\n', 'b'],
          metadata: { trusted: true, tags: [] },
          execution_count: 3,
          outputs: [{ output_type: 'stream', name: 'stdout', text: ['1\n', '2\n'] }]
        },
        { id: 'm', cell_type: 'markdown', source: '# t', attachments: { 'a.png': {} } }
      ]
    });
    expect(read).toMatchObject({
      nbformatMinor: 4,
      cells: [
        {
          cellId: 'cell~1',
          source: 'a\nb',
          metadata: { tags: [] },
          executionCount: 3,
          outputs: [summarizeOutput({ output_type: 'stream', name: 'stdout', text: '1\n2\n' })]
        },
        { cellId: 'm', cellType: 'markdown', attachments: { 'a.png': {} } }
      ]
    });
    expect(read.cells[0]?.metadata).not.toHaveProperty('trusted');
  });

  it('[M19] tells cells of one id apart', () => {
    const cells = ['a', 'a', 'a~2', 'a', 7, ''].map(id => ({ id, cell_type: 'raw', source: '' }));
    const ids = fromNotebook({ cells }).cells.map(({ cellId }) => cellId);
    expect(ids).toEqual(['a', 'a~2', 'a~2~2', 'a~3', 'cell~5', 'cell~6']);
  });

  it('[M19] keeps of what is nested too deep only that it is', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) {
      deep = { deeper: deep };
    }
    const kept = toJson(deep);
    expect(Json.safeParse(kept).success).toBe(true);
    expect(JSON.stringify(kept)).toContain('"(nested too deep)"');
  });

  it('[M19] never fails', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withTypedArray: true }), value => {
        expect(fromNotebook(value).cells).toEqual([]);
        const odd = fromNotebook({ cells: [{ outputs: [value], metadata: value, source: value }] });
        expect(odd.cells.length).toBe(1);
        expect(toJson(JSON.parse(JSON.stringify(toJson(value))))).toEqual(toJson(value));
      }),
      { numRuns: 500 }
    );
  });
});

describe('a summary of an output', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

  it('[M20] has the digest and the length of the output’s canonical JSON', () => {
    fc.assert(
      fc.property(output, value => {
        const summary = OutputSummary.parse(summarizeOutput(value));
        const canonical = bytes(canonicalJson(toJson(value)));
        expect(summary.digest).toBe(createHash('sha256').update(canonical).digest('hex'));
        expect(summary.bytes).toBe(canonical.length);
        expect(
          summary.preview.isWellFormed() || !JSON.stringify(value).isWellFormed()
        ).toBeDefined();
      }),
      { numRuns: 1000 }
    );
  });

  it('[M20] previews the beginning without cutting a character in two', () => {
    const text = 'a'.repeat(511) + '😀' + 'b';
    const { preview } = summarizeOutput({ output_type: 'stream', name: 'stdout', text });
    expect(preview).toBe('a'.repeat(511));
  });

  it('[M20] of a stream that grows is the same as of the whole', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constant('"\n\\😀'));
    const change = fc.record({ piece, cut: fc.nat(20), look: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 15 }), changes => {
        const text = new Y.Text();
        const stream = new Y.Map<unknown>([
          ['output_type', 'stream'],
          ['name', 'stdout'],
          ['text', text]
        ]);
        const outputs = new Y.Doc().getArray('outputs');
        outputs.insert(0, [stream]);
        const reader = createOutputReader();
        for (const next of changes) {
          if (next.cut === 0) {
            text.delete(0, text.length);
          }
          text.insert(text.length, next.piece);
          const [snapshot] = reader.read(outputs, new Set([stream]));
          if (next.look) {
            const whole = { output_type: 'stream', name: 'stdout', text: text.toJSON() };
            expect(snapshot?.summary()).toEqual(summarizeOutput(whole));
          }
        }
      }),
      { numRuns: 1000 }
    );
  });
});

describe('digests and times', () => {
  it('[M20] are those of every other program', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(digestOf(text)).toBe(createHash('sha256').update(bytes(text)).digest('hex'));
      })
    );
    function bytes(text: string): Buffer {
      return Buffer.from(text, 'utf8');
    }
  });

  it('[M20] are in milliseconds since 1970', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(9e12) }), date => {
        expect(millisecondsOf(date.toISOString())).toBe(date.getTime());
      })
    );
    expect(millisecondsOf('yesterday')).toBeNaN();
  });
});
