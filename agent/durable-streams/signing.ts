/** The Ed25519 key that signs webhooks. It is made once and kept; receivers find its public half as a JWKS. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject
} from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

export class SigningKey {
  readonly kid: string;
  readonly #private: KeyObject;

  /** The key of this database; makes one if there is none. */
  constructor(database: DatabaseSync) {
    const row = database.prepare('SELECT kid, private_key FROM ds_keys LIMIT 1').get() as
      { kid: string; private_key: string } | undefined;
    this.#private = row
      ? createPrivateKey(row.private_key)
      : generateKeyPairSync('ed25519').privateKey;
    this.kid = row?.kid ?? `ds_${thumbprint(this.#x())}`;
    if (row === undefined) {
      const pem = this.#private.export({ type: 'pkcs8', format: 'pem' });
      database.prepare('INSERT INTO ds_keys VALUES (?, ?)').run(this.kid, String(pem));
    }
  }

  /** The public half, for receivers. */
  jwks(): unknown {
    const key = {
      kty: 'OKP',
      crv: 'Ed25519',
      kid: this.kid,
      use: 'sig',
      alg: 'EdDSA',
      x: this.#x()
    };
    return { keys: [key] };
  }

  /** The value of Webhook-Signature for a body that is sent at this time. */
  signature(body: string, now: number): string {
    const seconds = Math.floor(now / 1000);
    const signed = sign(null, Buffer.from(`${seconds}.${body}`, 'utf8'), this.#private);
    return `t=${seconds},kid=${this.kid},ed25519=${signed.toString('base64url')}`;
  }

  #x(): string {
    return String(createPublicKey(this.#private).export({ format: 'jwk' }).x);
  }
}

/** RFC 8037's thumbprint of a public key. */
function thumbprint(x: string): string {
  const canonical = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  return createHash('sha256').update(canonical).digest('base64url');
}
