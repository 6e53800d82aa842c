/** The same cell on a Jupyter Server without Colophon, read over the websocket that a page has. */
import WebSocket from 'ws';
import { JupyterLab } from '../../tests/e2e/jupyter-lab.js';
import { watch } from './waits.js';

const FIELDS = { allow_stdin: false, silent: false, store_history: true, user_expressions: {} };

/** Seconds until the kernel is idle again, and the longest that a plain request waited, in ms. */
export async function plainServer(
  source: string
): Promise<{ readonly seconds: number; readonly longest: number }> {
  const lab = await new JupyterLab({ withoutColophon: true }).start();
  try {
    const made = await lab.fetch('api/kernels', { method: 'POST', body: '{"name":"python3"}' });
    const { id } = (await made.json()) as { id: string };
    const address = `${lab.url.replace(/^http/, 'ws')}api/kernels/${id}/channels?token=alice-token`;
    const socket = new WebSocket(address, { maxPayload: 0, perMessageDeflate: false });
    await new Promise((done, failed) => socket.once('open', done).once('error', failed));
    await run(socket, '0');
    const unwatch = watch(lab);
    const began = performance.now();
    await run(socket, source);
    const seconds = (performance.now() - began) / 1000;
    const longest = Math.max(...(await unwatch()));
    socket.close();
    return { seconds, longest };
  } finally {
    await lab.stop();
  }
}

function run(socket: WebSocket, code: string): Promise<void> {
  const msg_id = crypto.randomUUID();
  const header = {
    msg_id,
    msg_type: 'execute_request',
    username: '',
    session: 's',
    version: '5.3'
  };
  const content = { ...FIELDS, code, stop_on_error: true };
  const channel = 'shell';
  socket.send(JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content }));
  return new Promise(done => {
    const hear = (data: Buffer): void => {
      const text = data.length < 4096 ? data.toString() : '';
      if (text.includes(msg_id) && /"execution_state": ?"idle"/.test(text)) {
        socket.off('message', hear);
        done();
      }
    };
    socket.on('message', hear);
  });
}
