/** When the record is signed, and what the note says. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../../agent/journal/memory.js';
import { Checkpoints } from '../../../agent/loop/checkpoints.js';
import { newSigningKey, noteReader, noteSigner } from '../../../agent/record/notes.js';
import type { Draft, EventOf, StreamPath } from '../../../schema/index.js';
import { CrankedClock } from '../runtime/cranked-clock.js';

const RECORD = '/record' as StreamPath;
const MINUTE_MS = 60_000;
const privateKey = newSigningKey();
const signer = noteSigner(privateKey);

function world() {
  const clock = new CrankedClock();
  let id = 0;
  const journal = memoryJournal({ next: () => String((id += 1)) }, clock);
  const append = (count: number) => {
    const at = new Date(clock.now()).toISOString();
    const actor = { kind: 'human', id: 'ada' } as const;
    const data = { type: 'n', payload: {} };
    const draft: Draft = { type: 'event.posted', v: 1, data, at, actor, assurance: 'verified' };
    const events = Array.from({ length: count }, () => draft);
    return journal.append({ stream: '/a' as StreamPath, events }).durable;
  };
  const stated = () => journal.read(RECORD) as EventOf<'record.checkpointed'>[];
  const sizes = () => stated().map(({ data }) => data.size);
  /** What was appended is durable, and everybody was told. */
  const settled = () => journal.append({ stream: RECORD }).durable;
  return { clock, journal, append, stated, sizes, settled };
}

describe('checkpoints of the record', () => {
  it('[V4] come a minute after the first event that none covers, and not without one', async () => {
    const { clock, journal, append, sizes, settled } = world();
    const checkpoints = new Checkpoints({ journal, clock, signer });
    clock.pass(10 * MINUTE_MS);
    await settled();
    expect(sizes()).toEqual([]);
    await append(2);
    await settled();
    clock.pass(MINUTE_MS - 1);
    await append(1);
    expect(sizes()).toEqual([]);
    clock.pass(1);
    await settled();
    expect(sizes()).toEqual([3]);
    clock.pass(10 * MINUTE_MS);
    await settled();
    expect(sizes()).toEqual([3]);
    await append(1);
    await settled();
    clock.pass(MINUTE_MS);
    await settled();
    expect(sizes()).toEqual([3, 5]);
    await checkpoints.close();
    expect(sizes()).toEqual([3, 5]);
    await journal.close();
  });

  it('[V4] come after 10 000 events, and at the end for what is left', async () => {
    const { clock, journal, append, sizes, settled } = world();
    const checkpoints = new Checkpoints({ journal, clock, signer });
    await append(9_999);
    expect(sizes()).toEqual([]);
    await append(1);
    await settled();
    expect(sizes()).toEqual([10_000]);
    void append(1);
    await checkpoints.close();
    expect(sizes()).toEqual([10_000, 10_002]);
    const next = new Checkpoints({ journal, clock, signer });
    await next.close();
    expect(sizes()).toEqual([10_000, 10_002]);
    await journal.close();
  });

  it('[V5] are signed notes of the tree as it was', async () => {
    const { clock, journal, append, stated } = world();
    await append(3);
    const head = journal.tree();
    await new Checkpoints({ journal, clock, signer }).close();
    const [event] = stated();
    expect(event?.data).toMatchObject(head);
    expect(event?.actor.kind).toBe('system');
    const note = event?.data.note ?? '';
    const [origin = '', size, root] = note.split('\n');
    expect([size, Buffer.from(root ?? '', 'base64').toString('hex')]).toEqual(['3', head.root]);
    expect(note).toMatch(/^colophon\/[0-9a-f]{16}\n3\n\S{44}\n\n— colophon\/\S+ \S+\n$/);
    const read = noteReader(signer.key);
    expect(read(note)).toEqual(head);
    expect(read(note.replace('\n3\n', '\n4\n'))).toHaveProperty('problem');
    expect(read(note.replace(origin, 'colophon/other'))).toHaveProperty('problem');
    expect(noteReader(noteSigner(newSigningKey()).key)(note)).toHaveProperty('problem');
    const raw = createPublicKey(createPrivateKey(privateKey))
      .export({ type: 'spki', format: 'der' })
      .subarray(-32);
    expect(signer.key.endsWith(Buffer.concat([Buffer.of(1), raw]).toString('base64'))).toBe(true);
    await journal.close();
  });

  it('[V5] take a key in the form that other tools for signed notes use', () => {
    const ofGo = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    expect(() => noteReader(ofGo)).not.toThrow();
    expect(() => noteReader(ofGo.replace('c74f20a3', 'c74f20a4'))).toThrow('no key');
    expect(() => noteReader('nonsense')).toThrow('no key');
  });
});
