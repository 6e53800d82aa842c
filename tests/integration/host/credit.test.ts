/** For whom the host says that the runtime wrote: real host, real writing of outputs, the server played. */
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CellRuns } from '../../../agent/peer/cell-runs.js';
import type { IopubMessage, RunMark } from '../../../agent/ports/runtime.js';
import type { Author, CellId, Event } from '../../../schema/index.js';
import { ArtifactWorld } from './artifact-world.js';
import { until, type FakeServer } from './host-process.js';
import { hostStage } from './host-stage.js';

function runtimeAuthor(via: 'live' | 'resync'): Author {
  const user = { username: 'colophon-runtime' };
  const grant = { kind: 'runtime', id: 'colophon-runtime', name: 'Runtime' } as const;
  return { kind: 'peer', user, connection: 'runtime', via, grant };
}

describe('for whom the runtime wrote', () => {
  let server: FakeServer;
  let world: ArtifactWorld;
  /** As the runtime, which sees the room as the server does. */
  let runs: CellRuns;
  let alices: string;
  let bobs: string;

  hostStage(started => {
    server = started;
    world = new ArtifactWorld(server, 'f1');
    world.room.open('1', 'hold');
    runs = new CellRuns(world.room.notebook.ydoc);
  });

  const live = (write: () => void): void => world.room.as(runtimeAuthor('live'), write);

  async function ask(index: number, user: string): Promise<string> {
    const command = world.room.runCommand(crypto.randomUUID(), index);
    const { body } = await server.command(command, user);
    return body.events.find(event => event.type === 'execution.requested')!.data.executionId;
  }

  const phase = (type: 'execution.started' | 'execution.finished', executionId: string) =>
    until(
      async () =>
        (await server.events(world.stream)).some(
          event => event.type === type && event.data.executionId === executionId
        ),
      type
    );

  /** Who stands behind the output facts with this text. */
  const behind = (text: string) =>
    until(async () => {
      const facts = (await server.events(world.stream)).filter(
        event => event.type.startsWith('output.') && JSON.stringify(event.data).includes(text)
      );
      return facts.length > 0 && facts.map(nameOf);
    }, text);

  it('[WA9] it is right when output comes late, in another run, or to the next host', async () => {
    alices = await ask(0, 'alice');
    await phase('execution.started', alices);
    const first = runs.open('c0' as CellId);
    live(() => first.begin(mark(alices, 0)));
    live(() => first.take([print(alices, 'in time\n')], mark(alices, 1)));
    await phase('execution.finished', alices);
    live(() => first.end(mark(alices, 2)));

    bobs = await ask(1, 'bob');
    const second = runs.open('c1' as CellId);
    live(() => second.begin(mark(bobs, 3)));
    await phase('execution.started', bobs);
    live(() => runs.takeLate(print(alices, 'late while another runs\n')));
    expect(await behind('in time')).toEqual(['alice']);
    expect(await behind('late while')).toEqual(['alice']);

    await server.settled();
    await server.kill();
    live(() => second.take([print(bobs, 'while no host is there\n')], mark(bobs, 4)));
    live(() => runs.takeLate(print(alices, 'late without a host\n')));
    await server.start();
    expect(await behind('while no host')).toEqual(['bob']);
    expect(await behind('late without')).toEqual(['alice']);
    expect(JSON.stringify(await server.events(world.stream))).not.toContain('unverified');
  });

  it('[WA3] it is nobody, passed on, when the runtime sends again what several runs wrote', async () => {
    const away = new Y.Doc();
    Y.applyUpdate(away, Y.encodeStateAsUpdate(world.room.notebook.ydoc));
    const run = new CellRuns(away).open('c1' as CellId);
    run.resume();
    run.take([print(bobs, 'sent again\n')], mark(bobs, 5));
    const before = Y.encodeStateVector(world.room.notebook.ydoc);
    world.room.as(runtimeAuthor('resync'), ({ ydoc }) =>
      Y.applyUpdate(ydoc, Y.encodeStateAsUpdate(away, before))
    );
    expect(await behind('sent again')).toEqual([null]);
  });

  it('[WA7] an artifact is for whose run gave it, whoever’s goes on', async () => {
    await world.store(`${alices}-1`, 'of a run that has ended', 'image/png');
    await world.store(`${bobs}-1`, 'of the run that goes on', 'image/png');
    await world.store(`${bobs}-other-2`, 'of some other run', 'image/png');
    const stored = (await server.events(world.stream)).filter(
      event => event.type === 'artifact.stored'
    );
    expect(stored.map(nameOf)).toEqual(['alice', 'bob', null]);
  });
});

function nameOf({ actor }: Event): string | null {
  return actor.onBehalfOf?.id ?? null;
}

function mark(executionId: string, seq: number): RunMark {
  const progress = { timing: {}, executionCount: null, error: null };
  return { executionId, kernelId: 'kernel', tap: 'tap', seq, progress };
}

function print(parent: string, text: string): IopubMessage {
  return {
    header: { msg_id: 'm', msg_type: 'stream' },
    parent_header: { msg_id: parent },
    metadata: {},
    content: { name: 'stdout', text }
  };
}
