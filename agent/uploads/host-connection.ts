/** Requests to the host, or to Jupyter Server in front of it, over connections that are kept, as many as are under way at a time. */
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** Milliseconds until all of an answer has to be there. */
const PATIENCE = 30_000;

export class HostConnection {
  readonly #http = new HttpAgent({ keepAlive: true });
  readonly #https = new HttpsAgent({ keepAlive: true });

  /** The status and the JSON of the answer. Rejects if there is none, or another one than JSON. */
  async post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: readonly Uint8Array[]
  ): Promise<{ readonly status: number; readonly said: unknown }> {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const answer = await this.#send(url, { ...headers, 'Content-Length': length }, body);
    const pieces: Buffer[] = [];
    for await (const piece of answer) {
      pieces.push(piece as Buffer);
    }
    const said = JSON.parse(Buffer.concat(pieces).toString()) as unknown;
    return { status: answer.statusCode ?? 0, said };
  }

  #send(
    url: URL,
    headers: Readonly<Record<string, string | number>>,
    body: readonly Uint8Array[]
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, signal: AbortSignal.timeout(PATIENCE) };
      const sent =
        url.protocol === 'https:'
          ? requestHttps(url, { ...options, agent: this.#https }, resolve)
          : requestHttp(url, { ...options, agent: this.#http }, resolve);
      sent.on('error', reject);
      // One write for all of it.
      sent.cork();
      body.forEach(piece => sent.write(piece));
      sent.end();
    });
  }
}
