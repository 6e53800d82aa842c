/** Where requests that somebody else configured may go: addresses, names, and what a name leads to. */
import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../agent/core/push/addresses.js';
import { HttpPush, type LookUp } from '../../../agent/push/http-push.js';
import { Receiver } from './receiver.js';

describe('an address', () => {
  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['shared by a carrier', '100.64.0.1'],
    ['metadata of a cloud', '100.100.100.200'],
    ['shared by a carrier', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local, metadata of clouds', '169.254.169.254'],
    ['metadata of a cloud', '168.63.129.16'],
    ['metadata of a cloud', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback in full', '0:0:0:0:0:0:0:1'],
    ['compatible', '::127.0.0.1'],
    ['mapped', '::ffff:127.0.0.1'],
    ['mapped', '::ffff:7f00:1'],
    ['mapped, although public', '::ffff:8.8.8.8'],
    ['link-local', 'fe80::1'],
    ['with a zone', 'fe80::1%eth0'],
    ['unique-local', 'fc00::1'],
    ['metadata of a cloud', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['translated private', '64:ff9b::10.0.0.1'],
    ['translated by a network of its own', '64:ff9b:1::a00:1'],
    ['private behind 6to4', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['documentation', '2001:db8::1'],
    ['none', 'example.org'],
    ['none', '1.2.3'],
    ['none', '1.2.3.256'],
    ['none', '1:2:3'],
    ['none', '']
  ])('[W9] that is %s is not public: %s', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '169.253.0.1', '2606:4700:4700::1111'])(
    '[W9] may be public: %s',
    address => expect(isPublicAddress(address)).toBe(true)
  );

  it('[W9] is public if it carries a public one', () => {
    expect(isPublicAddress('64:ff9b::8.8.8.8')).toBe(true);
    expect(isPublicAddress('2002:808:808::1')).toBe(true);
  });
});

describe('an url', () => {
  const strict = new HttpPush({ allowPrivate: false });

  it.each([
    'http://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://１２７.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://printer/',
    'http://printer.local/',
    'http://metadata.google.internal/',
    'https://user:pass@example.org/',
    'http://example.org@127.0.0.1/',
    'ftp://example.org/',
    'no url'
  ])('[W9] is refused where it is plain: %s', async url => {
    expect(strict.refusal(url)).toMatchObject({ code: 'malformed-request' });
    const signal = new AbortController().signal;
    expect(await strict.post({ url, headers: {}, body: '', signal })).toHaveProperty('failure');
  });

  it('[W9] of the internet is not refused, and of this network not if that is allowed', () => {
    expect(strict.refusal('https://example.org/hook?a=1')).toBeNull();
    expect(strict.refusal('http://8.8.8.8:8080/')).toBeNull();
    const free = new HttpPush({ allowPrivate: true });
    expect(free.refusal('http://127.0.0.1:9/')).toBeNull();
    expect(free.refusal('http://user:pass@localhost/')).toMatchObject({
      code: 'malformed-request'
    });
  });
});

describe('a request', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await new Receiver().start();
  });
  afterEach(() => receiver.stop());

  /** Posts to a name that leads to these addresses. */
  const post = async (allowPrivate: boolean, ...addresses: string[]) => {
    const asked: string[] = [];
    const lookUp: LookUp = (name, done) => {
      asked.push(name);
      done(
        null,
        addresses.map((address): LookupAddress => ({
          address,
          family: address.includes(':') ? 6 : 4
        }))
      );
    };
    const push = new HttpPush({ allowPrivate, lookUp });
    const url = receiver.url('/hook', 'hooks.example.org');
    const signal = AbortSignal.timeout(5000);
    const answer = await push.post({ url, headers: { 'x-test': 'yes' }, body: '{}', signal });
    push.close();
    return { answer, asked };
  };

  it('[W9] goes to no name that leads to this network, not even among others', async () => {
    // Which address it is stays unsaid: it would be told to whoever reads the stream.
    const failure = expect.stringMatching(
      /^hooks\.example\.org leads to an address that is not/
    ) as string;
    expect((await post(false, '127.0.0.1')).answer).toEqual({ failure });
    expect((await post(false, '8.8.8.8', '127.0.0.1')).answer).toEqual({ failure });
    expect(receiver.received).toEqual([]);
  });

  it('[W9] uses the address that was checked: the name is looked up once', async () => {
    const { answer, asked } = await post(true, '127.0.0.1');
    expect(answer).toMatchObject({ status: 204 });
    expect(asked).toEqual(['hooks.example.org']);
    expect(receiver.received[0]).toMatchObject({ path: '/hook', body: '{}' });
    expect(receiver.received[0]?.headers).toMatchObject({ 'x-test': 'yes' });
  });

  it('[W9] follows no redirect', async () => {
    receiver.reply = () => ({ status: 307, headers: { Location: receiver.url('/elsewhere') } });
    const { answer } = await post(true, '127.0.0.1');
    expect(answer).toMatchObject({ status: 307 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('[W9] reads no more than the beginning of an answer', async () => {
    receiver.reply = () => ({ status: 200 });
    receiver.replyBody = 'x'.repeat(1_000_000);
    const { answer } = await post(true, '127.0.0.1');
    expect('body' in answer && answer.body.length).toBe(65_536);
  });

  it('[W9] that cannot be made is a failure with its reason', async () => {
    receiver.reply = () => 'end';
    expect((await post(true, '127.0.0.1')).answer).toEqual({ failure: 'socket hang up' });
    expect((await post(true)).answer).toEqual({ failure: 'hooks.example.org has no address.' });
  });
});
