/** How `colophon serve` is called, and who may use what it serves. */
import { readFileSync } from 'node:fs';
import { randomIds } from './ids.js';
import type { Principal } from './loop/door.js';
import { argumentsOf, WrongUsage } from './usage.js';

export const SERVE_USAGE = `colophon serve --dir DIR [--port N] [--host ADDRESS] [--tokens FILE] [--allow-private-webhooks]

Serves the journals of DIR over HTTP, without Jupyter: one for each project, which requests name by
the header Colophon-Project ("default" if absent).

  --dir DIR                  the folder of the projects; it is made if it is not there
  --port N                   8766 if absent; 0 for any that is free
  --host ADDRESS             127.0.0.1 if absent: only this machine
  --tokens FILE              in each line \`username token\`, and \`admin\` for who may do everything;
                             without it one token is made and printed
  --allow-private-webhooks   lets subscriptions send to addresses of this network
`;

/** Somebody with a token; an `admin` may read and write everything. */
export interface Holder {
  readonly username: string;
  readonly token: string;
  readonly may: Principal['may'];
}

export interface ServeOptions {
  readonly dir: string;
  readonly port: number;
  readonly host: string;
  readonly holders: readonly Holder[];
  /** The token that was made because no file was given; to be printed. */
  readonly made?: string;
  readonly allowPrivate: boolean;
}

/** Throws WrongUsage. */
export function serveOptions(args: readonly string[]): ServeOptions {
  const {
    dir,
    port,
    host,
    tokens,
    'allow-private-webhooks': allowPrivate
  } = argumentsOf({
    args: [...args],
    options: {
      dir: { type: 'string' },
      port: { type: 'string', default: '8766' },
      host: { type: 'string', default: '127.0.0.1' },
      tokens: { type: 'string' },
      'allow-private-webhooks': { type: 'boolean', default: false }
    }
  }).values;
  if (dir === undefined) {
    throw new WrongUsage('Say where the journals are: --dir DIR.');
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new WrongUsage(`${port} is no port: --port N is a number from 0 to 65535.`);
  }
  const common = { dir, host, port: Number(port), allowPrivate };
  if (tokens !== undefined) {
    return { ...common, holders: readTokens(tokens) };
  }
  const made = randomIds.secret();
  return { ...common, made, holders: [{ username: 'owner', token: made, may: ['admin'] }] };
}

/** `username token`, and perhaps `admin`, in each line; lines that begin with # are passed over. */
function readTokens(path: string): Holder[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new WrongUsage(`The file of tokens cannot be read: ${String(error)}.`, { cause: error });
  }
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line, index) => {
    const [username, token, role, ...more] = line.trim().split(/\s+/);
    const isRole = role === undefined || role === 'admin';
    if (username === undefined || token === undefined || token.length < 16 || !isRole || more[0]) {
      throw new WrongUsage(
        `${path}, entry ${index + 1}: write a name, a token of 16 characters or more, and "admin" for who may do everything.`
      );
    }
    return { username, token, may: [role ?? 'streams:write'] };
  });
}
