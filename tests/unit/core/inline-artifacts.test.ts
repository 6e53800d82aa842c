/** A notebook put together with what it keeps outside. */
import { describe, expect, it } from 'vitest';
import { inlineNotebook } from '../../../agent/api/inline-notebook.js';
import { linksIn } from '../../../agent/core/outputs/inline-artifacts.js';
import type { Link } from '../../../agent/core/outputs/whole-outputs.js';
import { CellOutputs } from '../../../agent/core/outputs/cell-outputs.js';
import { keepOutside } from '../../../agent/peer/output-keeper.js';
import { messageOf } from '../../contract/output-contract.js';
import { SEQUENCES } from '../../contract/output-sequences.js';
import { UploadStore } from '../runtime/upload-store.js';
import { ARTIFACT_MIME, type Digest, type Json } from '../../../schema/index.js';

const kept = new Map<string, Buffer>();
function keep(name: string, content: string | Buffer, mediaType: string): Link {
  const hash = name.repeat(64) as Digest;
  kept.set(hash, Buffer.from(content));
  return { hash, key: 'k', mediaType, bytes: 1 };
}
const idOf = (link: Link) => ('hash' in link ? link.hash : link.upload);

/** In small pieces, that cut characters and triples of bytes. */
async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 5) {
    yield await Promise.resolve(bytes.subarray(at, at + 5));
  }
}

async function inlined(...outputs: Json[]): Promise<Json> {
  const notebook = { cells: [{ cell_type: 'code', outputs }], metadata: {}, nbformat: 4 };
  let text = '';
  const source = {
    has: (link: Link) => kept.has(idOf(link)),
    open: (link: Link) => {
      const bytes = kept.get(idOf(link)) ?? Buffer.alloc(0);
      const close = () => Promise.resolve();
      return Promise.resolve({ size: bytes.length, read: () => pieces(bytes), close });
    }
  };
  for await (const piece of inlineNotebook(notebook, source, 'nonce')) {
    text += piece;
  }
  return (JSON.parse(text) as { cells: { outputs: Json }[] }).cells[0]?.outputs ?? null;
}

const stream = (text: string | string[], name = 'stdout') => ({
  ...{ output_type: 'stream', name },
  text
});
const artifact = (value: object, data: object = {}) => ({
  output_type: 'display_data',
  metadata: {},
  data: { ...data, [ARTIFACT_MIME]: { v: 1, ...value } as Json, 'text/plain': 'note' } as Json
});

describe('a notebook with everything in it', () => {
  const flood = 'Zeile ä𝄞 "\\" \u0001\n'.repeat(50);

  it('[AR9] has the whole text in the place of its beginning', async () => {
    const text = keep('a', flood, 'text/plain');
    const value = { kind: 'stream', name: 'stdout', text } as const;
    expect(await inlined(stream('Zeile'), artifact(value), stream('x', 'stderr'))).toEqual([
      stream(flood),
      stream('x', 'stderr')
    ]);
    expect(await inlined(stream('Zeile', 'stderr'), artifact(value))).toEqual([
      stream('Zeile', 'stderr'),
      stream(flood)
    ]);
  });

  it('[AR9] has every type of a display as it was', async () => {
    const bytes = Buffer.from([0, 255, 1, 254, 2, 253, 3]);
    const parts = [
      keep('b', bytes, 'image/png'),
      keep('c', '{"a": [1, "é"]}', 'application/vnd.x+json'),
      keep('d', '<b>"ü"</b>', 'text/html'),
      keep('e', 'whole', 'text/plain')
    ];
    const [output] = (await inlined(
      artifact({ kind: 'data', parts }, { 'text/latex': '$x$' })
    )) as {
      data: object;
    }[];
    expect(output).toEqual({
      output_type: 'display_data',
      metadata: {},
      data: {
        'image/png': bytes.toString('base64'),
        'application/vnd.x+json': { a: [1, 'é'] },
        'text/html': '<b>"ü"</b>',
        'text/plain': 'whole',
        'text/latex': '$x$'
      }
    });
  });

  it('[AR9] leaves what is not there, and what is no link, as it is', async () => {
    const gone: Link = { hash: 'f'.repeat(64) as Digest, key: 'k', mediaType: 'a/b', bytes: 1 };
    const there = keep('e', 'whole', 'text/plain');
    const outputs = [
      artifact({ kind: 'stream', name: 'stdout', text: gone }),
      artifact({ kind: 'later', parts: [] }),
      { output_type: 'display_data', data: null },
      '"other:0"'
    ];
    expect(await inlined(...outputs)).toEqual(outputs);
    const mixed = await inlined(artifact({ kind: 'data', parts: [gone, there] }));
    expect(mixed).toEqual([
      {
        ...artifact({}),
        data: {
          'text/plain': 'whole',
          [ARTIFACT_MIME]: { v: 1, kind: 'data', parts: [gone] }
        }
      }
    ]);
    expect(linksIn({ cells: [{ outputs }] })).toEqual([gone]);
    expect(linksIn(null)).toEqual([]);
  });

  it('[AR9] makes a string of what says that it is JSON and is none', async () => {
    const parts = [keep('a', '{"broken', 'application/json')];
    const [output] = (await inlined(artifact({ kind: 'data', parts }))) as { data: object }[];
    expect(output?.data).toEqual({ 'application/json': '{"broken', 'text/plain': 'note' });
  });

  it('[AR18] has the outputs that were kept as messages, as the kernel meant them', async () => {
    const budget = { inlineBytes: 0, stream: 0, head: 9, tail: 9, small: 20, beyond: 0, each: 0 };
    for (const { said, shows, title } of SEQUENCES.filter(each => each.shows.length === 1)) {
      const store = new UploadStore();
      const outputs = new CellOutputs([], undefined, { ...budget, uploads: 'run' });
      for (const message of said) {
        outputs.take(messageOf(message));
        await keepOutside(outputs.drain(), outputs, store);
      }
      outputs.close();
      await keepOutside(outputs.drain(), outputs, store);
      expect(await store.exported(outputs.list), title).toEqual(shows[0]);
    }
  });

  it('[AR18] keeps a text that is none of messages, and goes on behind it', async () => {
    const broken = keep('a', '{"type":"stream"}\n', 'text/plain');
    const told = keep(
      'b',
      '{"type":"display_data","content":{"data":{"a/b":"1"}}}\n',
      'text/plain'
    );
    const value = { kind: 'stream', name: 'outputs' } as const;
    expect(
      await inlined(
        stream('x'),
        artifact({ ...value, text: broken }),
        artifact({ ...value, text: told }),
        stream('y')
      )
    ).toEqual([
      stream('x'),
      stream('{"type":"stream"}\n', 'outputs'),
      { output_type: 'display_data', data: { 'a/b': '1' }, metadata: {} },
      stream('y')
    ]);
  });
});
