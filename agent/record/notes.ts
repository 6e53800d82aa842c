/**
 * Checkpoints as signed notes: the formats of C2SP tlog-checkpoint and signed-note, with Ed25519, so
 * that any tool for them can check one.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  sign,
  verify,
  type KeyObject
} from 'node:crypto';
import type { CheckedNote } from '../core/record/check.js';
import type { CheckpointSigner, TreeHead } from '../ports/host.js';

const ED25519 = 1;
/** What stands before the 32 bytes of an Ed25519 public key in its SPKI form. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const NOTE =
  /^(?<text>(?<origin>[^\n]+)\n(?<size>0|[1-9]\d{0,15})\n(?<root>[^\n]+)\n(?:[^\n]+\n)*)\n(?<signatures>(?:— [^\n]+\n)+)$/;

/** A new private key, PKCS #8 in PEM. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Signs with a private key of `newSigningKey`. The name of journal and key is made of the key. */
export function noteSigner(privateKey: string): CheckpointSigner {
  const key = createPrivateKey(privateKey);
  const raw = createPublicKey(key)
    .export({ type: 'spki', format: 'der' })
    .subarray(SPKI_PREFIX.length);
  const name = `colophon/${hash('sha256', raw, 'hex').slice(0, 16)}`;
  const id = keyId(name, raw);
  const encoded = Buffer.concat([Buffer.of(ED25519), raw]).toString('base64');
  return {
    key: `${name}+${id.toString('hex')}+${encoded}`,
    sign({ size, root }: TreeHead): string {
      const text = `${name}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`;
      const signature = Buffer.concat([id, sign(null, Buffer.from(text), key)]);
      return `${text}\n— ${name} ${signature.toString('base64')}\n`;
    }
  };
}

/** Reads and checks notes signed with this verifier key; throws if it is no such key. */
export function noteReader(verifierKey: string): (note: string) => CheckedNote {
  const { name, id, key } = parseKey(verifierKey);
  return note => {
    const parts = NOTE.exec(note)?.groups;
    const { text, origin, size, root = '', signatures = '' } = parts ?? {};
    const bytes = Buffer.from(root, 'base64');
    if (text === undefined || bytes.length !== 32 || bytes.toString('base64') !== root) {
      return { problem: 'it is no checkpoint' };
    }
    if (origin !== name) {
      return { problem: `it is of another journal, ${origin}` };
    }
    const isSigned = signatures.split('\n').some(line => {
      const [, signer, encoded = ''] = line.split(' ');
      const signature = Buffer.from(encoded, 'base64');
      return (
        signer === name &&
        signature.subarray(0, 4).equals(id) &&
        verify(null, Buffer.from(text), key, signature.subarray(4))
      );
    });
    return isSigned
      ? { size: Number(size), root: bytes.toString('hex') }
      : { problem: 'it is not signed with the key of the journal' };
  };
}

function parseKey(verifierKey: string): { name: string; id: Buffer; key: KeyObject } {
  const [name = '', id = '', encoded = ''] = verifierKey.trim().split('+');
  // A base64 text may hold a plus sign itself.
  const bytes = Buffer.from(verifierKey.trim().slice(`${name}+${id}+`.length), 'base64');
  const raw = bytes.subarray(1);
  if (encoded === '' || raw.length !== 32 || keyId(name, raw).toString('hex') !== id) {
    throw new Error(`This is no key of a journal: ${verifierKey}`);
  }
  const der = Buffer.concat([SPKI_PREFIX, raw]);
  return {
    name,
    id: keyId(name, raw),
    key: createPublicKey({ key: der, format: 'der', type: 'spki' })
  };
}

function keyId(name: string, raw: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), raw]);
  return hash('sha256', bytes, 'buffer').subarray(0, 4);
}
