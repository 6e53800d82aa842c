/** Transformers: events that lead to events, once each, and never for ever. */
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../agent/clock.js';
import { ProcessExpressions } from '../../../agent/expressions/process-expressions.js';
import type { Json, PublishedEvent } from '../../../schema/index.js';
import { until } from '../../e2e/until.js';
import { EXPRESSION_PROGRAM } from './expression-program.js';
import { ReactionsWorld, STREAM } from './reactions-world.js';

const expressions = new ProcessExpressions({
  program: EXPRESSION_PROGRAM,
  clock: systemClock,
  withinMs: 300
});

afterAll(() => expressions.close());

const GREETER = {
  slug: 'greeter',
  filter: "type = 'joined'",
  transform: '{"type": "greeted", "payload": {"name": payload.name}}'
};

const open = () => new ReactionsWorld(expressions);
const configure = (world: ReactionsWorld, transformer: Json) =>
  world.post('transformer.configured', transformer);

/** The stream once an event of this type is there so often. */
function seen(world: ReactionsWorld, type: string, count = 1): Promise<PublishedEvent[]> {
  return until(
    `${count} times ${type}`,
    () => {
      const events = world.events();
      return events.filter(event => event.type === type).length >= count && events;
    },
    8_000
  );
}

const only = (events: readonly PublishedEvent[], type: string) =>
  events.filter(event => event.type === type);

describe('transformers', () => {
  it('[L2] append what an expression gives for each later event that matches', async () => {
    const world = open();
    await world.post('joined', { name: 'too early' });
    await configure(world, GREETER);
    const joined = await world.post('joined', { name: 'Ada' });
    await world.post('left', { name: 'Ada' });
    await world.post('joined', { name: 'Bob' });
    const greeted = only(await seen(world, 'greeted', 2), 'greeted');
    expect(greeted).toHaveLength(2);
    expect(greeted[0]).toMatchObject({
      payload: { name: 'Ada' },
      metadata: { transformer: { slug: 'greeter', offset: 3, hops: 1 } },
      causationId: 'id' in joined && joined.id,
      actor: { kind: 'system', id: 'transformer', onBehalfOf: { kind: 'human', id: 'ada' } }
    });
    expect(greeted[1]).toMatchObject({ payload: { name: 'Bob' } });
  });

  it('[L2] may append several events, or none, and take turns by slug', async () => {
    const world = open();
    const of = (slug: string) => `[1..payload.n].{"type": "${slug}", "payload": {"n": $}}`;
    await configure(world, { slug: 'b', filter: "type = 'go'", transform: of('b') });
    await configure(world, { slug: 'a', filter: "type = 'go'", transform: of('a') });
    for (const n of [2, 0, 1]) {
      await world.post('go', { n });
    }
    const events = await seen(world, 'b', 3);
    const made = events.filter(({ type }) => type === 'a' || type === 'b');
    expect(made.map(event => [event.type, 'payload' in event && event.payload['n']])).toEqual([
      ...[
        ['a', 1],
        ['a', 2],
        ['b', 1],
        ['b', 2]
      ],
      ...[
        ['a', 1],
        ['b', 1]
      ]
    ]);
  });

  it('[L3] deal with each event once, whenever the process is killed', async () => {
    const world = open();
    await world.post('stream.limit-configured', { events: 100_000, seconds: 1 });
    await configure(world, GREETER);
    for (let round = 0; round < 30; round++) {
      for (let each = 0; each < 3; each++) {
        await world.post('joined', { name: `${round}-${each}` });
      }
      // Killed while an expression runs, or with what it gave not yet durable.
      await seen(world, 'greeted', Math.max(0, round * 3 - 2));
      world.restart();
    }
    await world.post('joined', { name: 'last' });
    const events = await until(
      'the last one',
      () => {
        const all = world.events();
        return only(all, 'greeted').some(event => JSON.stringify(event).includes('"last"')) && all;
      },
      8_000
    );
    const names = (type: string) =>
      only(events, type).map(event => 'payload' in event && event.payload['name']);
    expect(names('greeted')).toEqual(names('joined'));
  });

  it('[L3] are replaced by what has the same slug, and do nothing once they are removed', async () => {
    const world = open();
    await configure(world, GREETER);
    await world.post('joined', { name: 'Ada' });
    await seen(world, 'greeted');
    await configure(world, { ...GREETER, transform: '{"type": "waved"}' });
    await world.post('joined', { name: 'Bob' });
    await seen(world, 'waved');
    await world.post('joined', { name: 'Cy' });
    await world.post('transformer.removed', { slug: 'greeter' });
    const before = world.events().length;
    await configure(world, { slug: 'end', filter: "type = 'end'", transform: '{"type": "ended"}' });
    await world.post('end');
    const events = await seen(world, 'ended');
    expect(only(events.slice(before), 'waved')).toEqual([]);
    expect(only(events, 'greeted')).toHaveLength(1);
    expect(world.door.journal.cursors(STREAM)).not.toHaveProperty(['transformer:greeter']);
  });

  it('[L4] wait while the stream is paused, and go on where they were', async () => {
    const world = open();
    await configure(world, GREETER);
    await world.post('joined', { name: 'Ada' });
    await world.post('stream.paused');
    await world.settle();
    world.restart();
    expect(await world.post('joined')).toMatchObject({ code: 'stream-paused' });
    await world.post('stream.resumed');
    await world.post('joined', { name: 'Bob' });
    expect(only(await seen(world, 'greeted', 2), 'greeted')).toHaveLength(2);
  });

  it('[L5] that feed one another end after five', async () => {
    const world = open();
    const echo = '{"type": "echo", "metadata": {"transformer": {"hops": -99}}}';
    await configure(world, { slug: 'echo', filter: "type = 'echo'", transform: echo });
    await world.post('echo');
    const events = await seen(world, 'transformer.failed');
    expect(only(events, 'echo')).toHaveLength(6);
    expect(events.at(-1)).toMatchObject({
      data: { slug: 'echo', offset: 7, error: expect.stringMatching(/through 5 transformers/) }
    });
  });

  it('[L5] that multiply events trip the circuit breaker', async () => {
    const world = open();
    await world.post('stream.limit-configured', { events: 50, seconds: 60 });
    const many = '[1..10].{"type": "x"}';
    await configure(world, { slug: 'many', filter: "type = 'x'", transform: many });
    await world.post('x');
    const events = await seen(world, 'stream.paused');
    expect(only(events, 'x')).toHaveLength(51);
    expect(world.door.streams.gate(STREAM).paused?.reason).toMatch(/circuit breaker/);
  });

  it('[L6] say what went wrong, and go on with the next event', async () => {
    const world = open();
    const failures: [string, string, RegExp][] = [
      ['$error("mine")', '1', /^filter: mine/],
      ['true', '{"payload": {}}', /^transform: What it gives is no event.*type/s],
      ['true', '"text"', /^transform: What it gives is no event/],
      ['true', '{"type": "stream.paused"}', /cannot append stream.paused/],
      ['true', '{"type": "access.granted"}', /cannot append access.granted/],
      ['true', '{"type": "x", "idempotencyKey": "k"}', /idempotencyKey/],
      ['true', '[1..101].{"type": "x"}', /101 events/],
      ['true', '($f := function($n) { $f($n) + 1 }; $f(0))', /^transform: /],
      ['($f := function($n) { $f($n + 1) }; $f(0))', '1', /longer than 300 ms/]
    ];
    for (const [index, [filter, transform]] of failures.entries()) {
      const ofGo = `type = 'go' and (${filter})`;
      await configure(world, { slug: `f${index}`, filter: ofGo, transform });
    }
    await configure(world, { ...GREETER, slug: 'z' });
    await world.post('go');
    await world.post('joined', { name: 'Ada' });
    const failed = only(await seen(world, 'greeted'), 'transformer.failed');
    expect(failed).toHaveLength(failures.length);
    for (const [index, [, , error]] of failures.entries()) {
      expect(failed[index]).toMatchObject({
        data: { slug: `f${index}`, error: expect.stringMatching(error) }
      });
    }
  });

  it('[L6] never fail at their own failures', async () => {
    const world = open();
    await configure(world, { slug: 'all', filter: '$error("no")', transform: '1' });
    await world.post('one');
    await world.post('two');
    const failed = only(await seen(world, 'transformer.failed', 2), 'transformer.failed');
    expect(failed.map(event => 'data' in event && event.data)).toEqual([
      expect.objectContaining({ offset: 2 }),
      expect.objectContaining({ offset: 3 })
    ]);
  });

  it('[L8] are refused when they are posted if JSONata cannot parse them', async () => {
    const world = open();
    expect(await configure(world, { ...GREETER, filter: "type = 'a" })).toMatchObject({
      code: 'malformed-request',
      detail: expect.stringMatching(/filter is not JSONata at character \d+: .*quote/)
    });
    expect(await configure(world, { ...GREETER, transform: '{' })).toMatchObject({
      detail: expect.stringMatching(/transform is not JSONata at character 1/)
    });
    const deep = await configure(world, { ...GREETER, filter: '('.repeat(19_000) });
    expect(deep).toMatchObject({ code: 'malformed-request' });
    expect(world.events()).toEqual([]);
  });
});
