/** A cell's outputs with a budget are those without, but for where the bytes are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellOutputs } from '../../../agent/core/outputs/cell-outputs.js';
import type { Output } from '../../../agent/core/outputs/output.js';
import type { OutputBudget } from '../../../agent/core/outputs/output-budget.js';
import { weigh, weightOf } from '../../../agent/core/outputs/output-budget.js';
import { keepOutside } from '../../../agent/peer/output-keeper.js';
import type { IopubMessage } from '../../../agent/ports/runtime.js';
import { messages } from '../runtime/arbitrary-messages.js';
import { UploadStore } from '../runtime/upload-store.js';

/** Lines are shorter than `tail`, so that all of a line can change. */
const budgets: fc.Arbitrary<OutputBudget> = fc.record({
  inlineBytes: fc.nat({ max: 600 }),
  stream: fc.nat({ max: 300 }),
  head: fc.nat({ max: 20 }),
  tail: fc.integer({ min: 300, max: 400 }),
  small: fc.nat({ max: 30 }),
  beyond: fc.nat({ max: 3000 }),
  each: fc.nat({ max: 100 }),
  uploads: fc.constant('run')
});

const says = (msg_type: string, content: IopubMessage['content']): IopubMessage => ({
  header: { msg_id: 'm', msg_type },
  parent_header: { msg_id: 'run' },
  metadata: {},
  content
});
const print = (text: string, name = 'stdout'): IopubMessage => says('stream', { name, text });

const RUN: OutputBudget = {
  ...{ inlineBytes: 1000, stream: 1000, head: 64, tail: 32, small: 10, beyond: 5000, each: 0 },
  uploads: 'run'
};

async function stored(outputs: CellOutputs, store: UploadStore): Promise<void> {
  await keepOutside(outputs.drain(), outputs, store);
}

describe('outputs with a budget', () => {
  it('[F1] inlined are the outputs without one, at any moment and after the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        messages,
        messages,
        budgets,
        fc.array(fc.nat({ max: 80 })),
        async (some, more, budget, cuts) => {
          const store = new UploadStore();
          const plain = new CellOutputs();
          let outputs = new CellOutputs([], undefined, budget);
          for (const [index, message] of [...some, ...more].entries()) {
            plain.take(message);
            outputs.take(message);
            if (cuts.includes(index)) {
              await stored(outputs, store);
              expect(wellFormed(store.expand(outputs.list))).toEqual(wellFormed(plain.list));
              // Another agent goes on from the document; what the upload has beyond it is cut.
              const kept: unknown = JSON.parse(JSON.stringify([outputs.list, outputs.memory()]));
              const [list, memory] = kept as ConstructorParameters<typeof CellOutputs>;
              outputs = new CellOutputs(list, memory, budget);
            }
          }
          outputs.close();
          await stored(outputs, store);
          expect(JSON.stringify(outputs.list)).not.toContain('"upload"');
          expect(wellFormed(store.expand(outputs.list))).toEqual(wellFormed(plain.list));
          expect(wellFormed(await store.exported(outputs.list))).toEqual(wellFormed(plain.list));
        }
      ),
      { numRuns: 1000 }
    );
  });

  it('[F2] of a stream keep head and tail, cut at line ends, and never half a character', async () => {
    const store = new UploadStore();
    const outputs = new CellOutputs([], undefined, { ...RUN, head: 65, tail: 33 });
    const text = '😀😀\n'.repeat(500);
    outputs.take(print(text));
    outputs.take(print(text));
    outputs.close();
    await stored(outputs, store);
    const [head, rest] = outputs.list as unknown as [
      { text: string },
      { data: Record<string, string> }
    ];
    expect(head.text).toBe('😀😀\n'.repeat(13));
    expect(rest.data['text/plain']?.split('\n').slice(1).join('\n')).toBe('😀😀\n'.repeat(6));
    expect(store.expand(outputs.list)).toEqual([
      { output_type: 'stream', name: 'stdout', text: text + text }
    ]);
    const line = new CellOutputs([], undefined, { ...RUN, head: 65, tail: 33 });
    line.take(print('😀'.repeat(1000)));
    line.close();
    await stored(line, store);
    expect(JSON.stringify(line.list)).toBe(JSON.stringify(line.list).toWellFormed());
    expect(store.expand(line.list)).toMatchObject([{ text: '😀'.repeat(1000) }]);
  });

  it('[F3] hold no more in memory of a line without end than the tail', async () => {
    const store = new UploadStore();
    const outputs = new CellOutputs([], undefined, RUN);
    for (let step = 0; step < 200; step += 1) {
      outputs.take(print('0123456789'.repeat(10)));
      await stored(outputs, store);
      expect(outputs.memory().spilled?.open ?? 0).toBeLessThanOrEqual(RUN.tail);
    }
    outputs.close();
    await stored(outputs, store);
    expect(store.expand(outputs.list)).toMatchObject([{ text: '0123456789'.repeat(2000) }]);
  });

  it('[F4] keep large values of a display outside, and the small ones beside the link', async () => {
    const store = new UploadStore();
    const outputs = new CellOutputs([], undefined, RUN);
    const picture = Buffer.alloc(3000, 7).toString('base64');
    const data = {
      'image/png': picture,
      'text/plain': '<Figure>',
      'application/vnd.x+json': { list: 'y'.repeat(2000) },
      'text/html': ['<p>', 'z'.repeat(2000)]
    };
    outputs.take(
      says('display_data', { data, metadata: { a: 1 }, transient: { display_id: 'd' } })
    );
    await stored(outputs, store);
    expect(weightOf(outputs.list[0]!)).toBeLessThan(1200);
    expect(JSON.stringify(outputs.list)).toContain('<Figure>');
    expect([...store.artifacts.values()].map(each => each.length).sort()).toEqual([
      2003, 2011, 3000
    ]);
    const whole = { ...data, 'text/html': `<p>${'z'.repeat(2000)}` };
    expect(store.expand(outputs.list)).toEqual([
      { output_type: 'display_data', data: whole, metadata: { a: 1 } }
    ]);
    outputs.take(
      says('update_display_data', {
        data: { 'text/plain': 'p'.repeat(5000) },
        metadata: {},
        transient: { display_id: 'd' }
      })
    );
    await stored(outputs, store);
    expect(weightOf(outputs.list[0]!)).toBeLessThan(500);
    expect(store.expand(outputs.list)).toMatchObject([
      { data: { 'text/plain': 'p'.repeat(5000) } }
    ]);
  });

  it('[F5] store nothing of what is cleared or replaced before it was shown', async () => {
    const store = new UploadStore();
    const outputs = new CellOutputs([], undefined, RUN);
    const large = { data: { 'text/html': 'x'.repeat(5000) }, metadata: {} };
    for (let step = 0; step < 50; step += 1) {
      outputs.take(print('x'.repeat(5000)));
      outputs.take(says('display_data', large));
      outputs.take(says('clear_output', { wait: step % 2 === 0 }));
    }
    outputs.take(says('display_data', large));
    await stored(outputs, store);
    expect(store.uploads.size).toBe(1);
    expect(store.expand(outputs.list)).toEqual([{ output_type: 'display_data', ...large }]);
  });

  it('[F18] are bounded in the document however many there are', async () => {
    const store = new UploadStore();
    const plain = new CellOutputs();
    const outputs = new CellOutputs([], undefined, RUN);
    for (let step = 0; step < 5000; step += 1) {
      const message =
        step % 3 === 0
          ? print(`${step}\n`, step % 2 === 0 ? 'stdout' : 'stderr')
          : says(step % 3 === 1 ? 'display_data' : 'update_display_data', {
              data: { 'text/plain': `shown ${step}` },
              metadata: {},
              transient: { display_id: `d${step % 70}` }
            });
      outputs.take(message);
      plain.take(message);
      if (step % 500 === 0) {
        await stored(outputs, store);
      }
    }
    const failed = says('error', { ename: 'E', evalue: 'v', traceback: ['t'] });
    outputs.take(failed);
    plain.take(failed);
    outputs.close();
    await stored(outputs, store);
    expect(JSON.stringify(outputs.list).length).toBeLessThan(8000);
    expect(outputs.list.at(-1)).toMatchObject({ output_type: 'error' });
    expect(store.expand(outputs.list)).toEqual(plain.list);
  });

  it('[F6] say what was refused, and go on', async () => {
    const store = new UploadStore();
    store.limit = 3000;
    const outputs = new CellOutputs([], undefined, RUN);
    for (let step = 0; step < 100; step += 1) {
      outputs.take(print('0123456789'.repeat(10) + '\n'));
      await stored(outputs, store);
    }
    expect(outputs.list.reduce((sum, each) => sum + weightOf(each), 0)).toBeLessThan(1000);
    outputs.take(says('display_data', { data: { 'text/html': 'x'.repeat(5000) }, metadata: {} }));
    outputs.take(print('after\n'));
    await stored(outputs, store);
    const shown = JSON.stringify(outputs.list);
    expect(shown).toMatch(/of it could not be kept: The disk is full\./);
    expect(shown).toMatch(/An output of type text\/html .* could not be kept: The disk is full\./);
    expect(shown).toContain('after');
    expect(shown).not.toContain('"upload"');
    expect(weigh(String((store.expand(outputs.list)[0] as { text?: string }).text))).toBeLessThan(
      3001
    );
  });
});

/** A half of a surrogate pair is U+FFFD in UTF-8, as it is in a shared text. */
function wellFormed(outputs: readonly Output[]): unknown {
  return outputs.map(output =>
    typeof output['text'] === 'string' ? { ...output, text: output['text'].toWellFormed() } : output
  );
}
