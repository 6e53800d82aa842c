import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { createAttributor } from '../../../agent/room/attribution.js';
import type { Actor, Author } from '../../../schema/index.js';

const RUNTIME: Actor = { kind: 'runtime', id: 'colophon-runtime' };
const ASSISTANT: Actor = {
  kind: 'assistant',
  id: 'helper',
  onBehalfOf: { kind: 'human', id: 'alice' }
};

function peer(username: string, via: 'live' | 'resync' = 'live', grant?: Actor): Author {
  const user = { username, display_name: username.toUpperCase(), color: '#123456' };
  return { kind: 'peer', user, connection: '1', via, ...(grant === undefined ? {} : { grant }) };
}

/** A client's update that inserts text, or deletes what is there. */
function client(): { document: Y.Doc; insert: () => Uint8Array; erase: () => Uint8Array } {
  const document = new Y.Doc();
  const text = document.getText('source');
  const change = (edit: () => void): Uint8Array => {
    const before = Y.encodeStateVector(document);
    edit();
    return Y.encodeStateAsUpdate(document, before);
  };
  return {
    document,
    insert: () => change(() => text.insert(0, 'x')),
    erase: () => change(() => text.delete(0, text.length))
  };
}

describe('the author of an update', () => {
  it('[M16] is the user of the connection, verified, whatever the update claims', () => {
    const attributor = createAttributor(true);
    const alices = client();
    attributor.attribute(peer('alice'), alices.insert());
    expect(attributor.attribute(peer('bob'), alices.insert())).toEqual({
      actor: { kind: 'human', id: 'bob', name: 'BOB', color: '#123456' },
      assurance: 'verified'
    });
  });

  it('[M16] is the actor that the connection’s token was given to', () => {
    const attributor = createAttributor(true);
    const { insert } = client();
    const { actor } = attributor.attribute(peer('colophon', 'live', ASSISTANT), insert());
    expect(actor).toEqual(ASSISTANT);
  });

  it('[M16] is the runtime on behalf of who asked for the run', () => {
    const attributor = createAttributor(true);
    const { insert } = client();
    const author = peer('colophon', 'live', RUNTIME);
    const alice: Actor = { kind: 'human', id: 'alice' };
    const onBehalf = { ...RUNTIME, onBehalfOf: alice };
    expect(attributor.attribute(author, insert(), alice).actor).toEqual(onBehalf);
    expect(attributor.attribute(author, insert(), ASSISTANT).actor).toEqual(onBehalf);
    expect(attributor.attribute(author, insert()).actor).toEqual(RUNTIME);
  });

  it('[M16] is the user of the request, or the part of the server by name', () => {
    const attributor = createAttributor(true);
    const update = client().insert();
    const request = {
      kind: 'request',
      user: { username: 'bob' },
      handler: 'DocForkHandler',
      method: 'DELETE'
    } as const;
    expect(attributor.attribute(request, update)).toMatchObject({
      actor: { kind: 'human', id: 'bob' },
      assurance: 'verified'
    });
    for (const [cause, id] of [
      ['load', 'load'],
      ['disk', 'disk'],
      ['save', 'save'],
      ['extension', 'extension:spell-check']
    ] as const) {
      const author = { kind: 'server', cause, detail: 'spell-check' } as const;
      expect(attributor.attribute(author, update).actor).toMatchObject({ kind: 'system', id });
    }
  });
});

describe('a resync', () => {
  it('[M17] names the original author, if there was exactly one', () => {
    const attributor = createAttributor(true);
    const alices = client();
    const bobs = client();
    attributor.attribute(peer('alice'), alices.insert());
    attributor.attribute(peer('bob'), bobs.insert());
    expect(attributor.attribute(peer('bob', 'resync'), alices.insert())).toMatchObject({
      actor: { id: 'alice', via: { id: 'bob' } },
      assurance: 'relayed'
    });
    const both = Y.mergeUpdates([alices.insert(), bobs.insert()]);
    expect(attributor.attribute(peer('bob', 'resync'), both)).toMatchObject({
      actor: { id: 'bob' },
      assurance: 'relayed'
    });
  });

  it('[M17] is the connection’s own where nothing else is known', () => {
    const attributor = createAttributor(true);
    const alices = client();
    const relayed = attributor.attribute(peer('bob', 'resync'), alices.insert());
    expect(relayed).toMatchObject({ actor: { id: 'bob' }, assurance: 'relayed' });
    expect(relayed.actor.via).toBeUndefined();
    attributor.attribute(peer('alice'), alices.insert());
    expect(attributor.attribute(peer('bob', 'resync'), alices.erase()).actor.id).toBe('bob');
  });

  it('[M17] does not believe a client id that two people have used', () => {
    const attributor = createAttributor(true);
    const shared = client();
    attributor.attribute(peer('alice'), shared.insert());
    attributor.attribute(peer('mallory'), shared.insert());
    expect(attributor.attribute(peer('bob', 'resync'), shared.insert()).actor.id).toBe('bob');
  });

  it('[WA3] is for nobody when a runtime sends again: it may be of several runs', () => {
    const attributor = createAttributor(true);
    const { insert } = client();
    const alice: Actor = { kind: 'human', id: 'alice' };
    const again = peer('colophon', 'resync', RUNTIME);
    expect(attributor.attribute(again, insert(), alice)).toEqual({
      actor: RUNTIME,
      assurance: 'relayed'
    });
    const untrusted = createAttributor(false).attribute(again, insert(), alice);
    expect(untrusted).toEqual({ actor: RUNTIME, assurance: 'unverified' });
  });

  it('[WA3] names the runtime, for nobody, when somebody else brings what it wrote for two', () => {
    const attributor = createAttributor(true);
    const runtimes = client();
    const live = peer('colophon', 'live', RUNTIME);
    attributor.attribute(live, runtimes.insert(), { kind: 'human', id: 'alice' });
    attributor.attribute(live, runtimes.insert(), { kind: 'human', id: 'carol' });
    expect(attributor.attribute(peer('bob', 'resync'), runtimes.insert())).toMatchObject({
      actor: { ...RUNTIME, via: { id: 'bob' } },
      assurance: 'relayed'
    });
  });

  it('[M17] still names the author after a restart of the host', () => {
    const attributor = createAttributor(true);
    const alices = client();
    attributor.learn({
      number: 1,
      epoch: 1,
      at: '2026-01-01T00:00:00.000Z',
      actor: { kind: 'human', id: 'alice' },
      assurance: 'verified',
      bytes: alices.insert()
    });
    expect(attributor.attribute(peer('bob', 'resync'), alices.insert()).actor.id).toBe('alice');
  });
});

it('[M18] verifies nothing if the hooks are not to be trusted', () => {
  const attributor = createAttributor(false);
  const update = client().insert();
  const author = { kind: 'server', cause: 'load', detail: '' } as const;
  expect(attributor.attribute(peer('alice'), update).assurance).toBe('unverified');
  expect(attributor.attribute(peer('alice', 'resync'), update).assurance).toBe('unverified');
  expect(attributor.attribute(author, update).assurance).toBe('unverified');
});
