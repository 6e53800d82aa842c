/**
 * Which addresses a request that somebody else configured may go to: those of the public internet,
 * and nothing that only this machine or its network can reach. Pure; whoever connects checks the
 * address that the connection uses, not the name that led to it.
 */

/** Networks of IPv4 that are not of the public internet, as address and length of the prefix. */
const PRIVATE_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  /** A cloud's own service at an address that looks public. */
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3]
];

/** What of 2000::/3 is not of the public internet; nothing of IPv6 outside 2000::/3 is. */
const PRIVATE_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20]
];

/** Networks whose addresses contain one of IPv4, at this bit. */
const CARRIES_4: readonly (readonly [string, number, number])[] = [
  ['64:ff9b::', 96, 96],
  ['2002::', 16, 16]
];

/**
 * May a request go to this IP address? `address` is an address in its usual form, without brackets;
 * what is none, a mapped address (`::ffff:…`) and one with a zone are not public.
 */
export function isPublicAddress(address: string): boolean {
  const four = bitsOf4(address);
  if (four !== null) {
    return !PRIVATE_4.some(([net, length]) => startsWith(four, bitsOf4(net), length));
  }
  const six = bitsOf6(address);
  if (six === null) {
    return false;
  }
  const carrier = CARRIES_4.find(([net, length]) => startsWith(six, bitsOf6(net), length));
  if (carrier !== undefined) {
    const [, , at] = carrier;
    return isPublicAddress(dotted(six.slice(at, at + 32)));
  }
  const unicast = startsWith(six, bitsOf6('2000::'), 3);
  return unicast && !PRIVATE_6.some(([net, length]) => startsWith(six, bitsOf6(net), length));
}

/** Is this text an IP address, of either kind? */
export function isAddress(text: string): boolean {
  return bitsOf4(text) !== null || bitsOf6(text) !== null;
}

/** Does a name say by itself that it is of this machine or its network? In lower case, any trailing dot. */
export function isLocalName(name: string): boolean {
  const bare = name.replace(/\.+$/, '');
  return (
    !bare.includes('.') || /\.(?:localhost|local|internal|intranet|lan|home|corp|arpa)$/.test(bare)
  );
}

function startsWith(bits: string, net: string | null, length: number): boolean {
  return net !== null && bits.slice(0, length) === net.slice(0, length);
}

function bitsOf4(text: string): string | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return parts?.every(part => part < 256) ? parts.map(part => binary(part, 8)).join('') : null;
}

function bitsOf6(text: string): string | null {
  const whole = text.replace(/(\d+\.\d+\.\d+\.\d+)$/, last => {
    const bits = bitsOf4(last);
    const group = (at: number) => parseInt(bits?.slice(at, at + 16) ?? '', 2).toString(16);
    return bits === null ? last : `${group(0)}:${group(16)}`;
  });
  const halves = whole.split('::').map(half => (half === '' ? [] : half.split(':')));
  const [head = [], tail] = halves;
  const groups = [
    ...head,
    ...Array<string>(Math.max(0, tail === undefined ? 0 : 8 - head.length - tail.length)).fill('0'),
    ...(tail ?? [])
  ];
  const sound = halves.length <= 2 && groups.length === 8;
  return sound && groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map(group => binary(parseInt(group, 16), 16)).join('')
    : null;
}

function binary(value: number, length: number): string {
  return value.toString(2).padStart(length, '0');
}

function dotted(bits: string): string {
  return [0, 8, 16, 24].map(at => parseInt(bits.slice(at, at + 8), 2)).join('.');
}
