/**
 * The Jupyter session of a notebook: the same kernel that Lab shows for it. Lab names the session by
 * the notebook's path; a front end with drives of its own puts the drive in front
 * (`drive:folder/name.ipynb`), which counts too.
 */
import { KernelUnavailable, type ServerAccess, type SessionKernel } from '../ports/runtime.js';

interface SessionModel {
  readonly id: string;
  readonly path: string;
  readonly type: string;
  readonly kernel: { readonly id: string; readonly name: string } | null;
}

/** The kernel of the session of the notebook at `path`; undefined if there is none. */
export async function findSession(
  access: ServerAccess,
  path: string
): Promise<SessionKernel | undefined> {
  const sessions = (await request(access, 'GET', 'api/sessions')) as SessionModel[];
  const ours = sessions.filter(session => session.type === 'notebook' && matches(session, path));
  const shown = ours.find(session => session.path === path) ?? ours[0];
  return shown === undefined ? undefined : kernelOf(shown);
}

/**
 * Starts a session for the notebook at `path`, where Lab will find it. `name` undefined means the
 * server's default kernel. Throws KernelUnavailable when the kernel is not installed or cannot start.
 */
export async function startSession(
  access: ServerAccess,
  path: string,
  name: string | undefined
): Promise<SessionKernel> {
  const specs = (await request(access, 'GET', 'api/kernelspecs')) as {
    default: string;
    kernelspecs: Record<string, unknown>;
  };
  const wanted = name ?? specs.default;
  if (!(wanted in specs.kernelspecs)) {
    throw new KernelUnavailable(
      `The kernel "${wanted}" of this notebook is not installed here. ` +
        `Install it, or choose another kernel for the notebook and run again ` +
        `(installed: ${Object.keys(specs.kernelspecs).join(', ') || 'none'}).`
    );
  }
  const session = (await request(access, 'POST', 'api/sessions', {
    path,
    name: path.split('/').at(-1) ?? path,
    type: 'notebook',
    kernel: { name: wanted }
  })) as SessionModel;
  const kernel = kernelOf(session);
  if (kernel === undefined) {
    throw new KernelUnavailable(`The kernel "${wanted}" did not start.`);
  }
  return kernel;
}

function matches(session: SessionModel, path: string): boolean {
  const colon = session.path.indexOf(':');
  const local = colon > 0 && !session.path.slice(0, colon).includes('/');
  return session.path === path || (local && session.path.slice(colon + 1) === path);
}

function kernelOf(session: SessionModel): SessionKernel | undefined {
  return session.kernel === null
    ? undefined
    : { sessionId: session.id, kernelId: session.kernel.id, kernelName: session.kernel.name };
}

async function request(
  access: ServerAccess,
  method: string,
  path: string,
  body?: unknown
): Promise<unknown> {
  const response = await fetch(`${access.baseUrl}${path}`, {
    method,
    headers: { 'Colophon-Agent-Token': access.token, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  });
  if (!response.ok) {
    const detail = (await response.text()).slice(0, 300);
    throw new KernelUnavailable(
      `Jupyter Server answered ${response.status} to ${method} ${path}: ${detail}`
    );
  }
  return response.json();
}
