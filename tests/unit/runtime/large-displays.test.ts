/** Displays whose message came in pieces: the same outputs as those of the message in one. */
import { describe, expect, it } from 'vitest';
import { CellOutputs } from '../../../agent/core/outputs/cell-outputs.js';
import { LongText } from '../../../agent/core/outputs/long-text.js';
import { budgetOf } from '../../../agent/core/outputs/output-budget.js';
import { sizeOf } from '../../../agent/core/outputs/output-message.js';
import { PiecedItem } from '../../../agent/kernel/pieced-item.js';
import { keepOutside } from '../../../agent/peer/output-keeper.js';
import type { IopubMessage } from '../../../agent/ports/runtime.js';
import { UploadStore } from './upload-store.js';

const LONG = 50_000;
const text = '<p class="é">\n😀'.repeat(10_000);
const bytes = Buffer.from(text).toString('base64');

function display(data: object, more: object = {}): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: 'display_data' },
    parent_header: { msg_id: 'run' },
    metadata: {},
    content: { data, metadata: {}, ...more }
  };
}

function inPieces(message: IopubMessage): IopubMessage {
  const json = Buffer.from(JSON.stringify(message));
  const item = new PiecedItem(LONG);
  for (let at = 0; at < json.length; at += LONG - 1) {
    item.add(json.subarray(at, at + LONG - 1));
  }
  return item.end() as IopubMessage;
}

async function shown(messages: readonly IopubMessage[], inlineBytes: number) {
  const store = new UploadStore();
  const budget = inlineBytes === Infinity ? undefined : budgetOf(inlineBytes, 'run');
  const outputs = new CellOutputs([], undefined, budget);
  messages.forEach(message => outputs.take(message));
  outputs.close();
  await keepOutside(outputs.drain(), outputs, store);
  return { list: outputs.list, store };
}

const id = { transient: { display_id: 'd' } };
const cases = {
  'markup with its plain text': [display({ 'text/html': text, 'text/plain': 'short' })],
  'plain text': [display({ 'text/plain': text, 'text/latex': '$$' })],
  'bytes and text that is JSON': [display({ 'image/png': bytes, 'application/json': text })],
  'a list of lines': [display({ 'text/html': [text, text] })],
  'an update in two places': [
    display({ 'text/html': 'one' }, id),
    display({ 'text/html': text, 'text/plain': text }, id)
  ],
  'further outputs': [
    ...Array.from({ length: 2000 }, (_, index) => display({ 'text/plain': `${index}` })),
    display({ 'text/html': text })
  ]
};

describe('a large display that came in pieces', () => {
  for (const [name, messages] of Object.entries(cases)) {
    it(`[F27] is the same as in one: ${name}`, async () => {
      const pieced = messages.map(inPieces);
      for (const inlineBytes of [100_000, 20_000_000, Infinity]) {
        const [one, other] = await Promise.all([
          shown(messages, inlineBytes),
          shown(pieced, inlineBytes)
        ]);
        expect(other.list).toEqual(one.list);
        expect(await other.store.exported(other.list)).toEqual(await one.store.exported(one.list));
      }
    });
  }

  it('[F27] is kept outside as the bytes that came, and weighs as much', async () => {
    const message = inPieces(display({ 'text/html': text }));
    const data = message.content['data'] as Record<string, unknown>;
    expect(data['text/html']).toBeInstanceOf(LongText);
    expect(sizeOf(message)).toBeGreaterThan(text.length);
    const { store } = await shown([message], 100_000);
    expect(store.largestPiece).toBeLessThanOrEqual(LONG);
    expect([...store.artifacts.values()].map(String)).toEqual([text]);
  });
});
