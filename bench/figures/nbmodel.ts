/**
 * jupyter-server-nbmodel beside Colophon in the same Jupyter Server: it runs a cell for who asks over
 * HTTP and writes the outputs into the room. Installed below `.cache/` for the figures alone, because it
 * would run the cells of every server that has it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JupyterLab } from '../../tests/e2e/jupyter-lab.js';

const PACKAGES = ['jupyter-server-nbmodel==0.2.9', 'jupyter-kernel-client'];
const FOLDER = resolve('.cache', 'nbmodel');

/** Installs it if it is not there; a server that starts with the answer as PYTHONPATH finds it. */
export function installNbmodel(): string {
  if (!existsSync(join(FOLDER, 'jupyter_server_nbmodel'))) {
    const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', FOLDER];
    execFileSync(resolve('.venv/bin/python'), [...install, ...PACKAGES], { stdio: 'inherit' });
  }
  return FOLDER;
}

/** The server loads it when it starts. */
export function enableNbmodel(lab: JupyterLab): void {
  const folder = join(lab.folder, 'config', 'jupyter_server_config.d');
  mkdirSync(folder, { recursive: true });
  const config = { ServerApp: { jpserver_extensions: { jupyter_server_nbmodel: true } } };
  writeFileSync(join(folder, 'nbmodel.json'), JSON.stringify(config));
}

/** How a request is sent; the body of the answer. */
type Ask = (method: string, path: string, body?: string) => Promise<string>;

/** Asks for a run of the cell; settles when it is accepted, with what waits for its end. */
export async function runByNbmodel(
  ask: Ask,
  { kernelId, fileId, cellId, code }: Record<'kernelId' | 'fileId' | 'cellId' | 'code', string>
): Promise<() => Promise<void>> {
  const metadata = { document_id: `json:notebook:${fileId}`, cell_id: cellId };
  const body = JSON.stringify({ code, metadata });
  const answer = JSON.parse(await ask('POST', `api/kernels/${kernelId}/execute`, body)) as {
    request_url: string;
  };
  return async () => {
    let pending = true;
    while (pending) {
      await pause(20);
      const said = JSON.parse(await ask('GET', answer.request_url.slice(1))) as {
        pending?: boolean;
        status?: string;
      };
      pending = said.status === undefined;
    }
  };
}
