import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import type { StreamPath } from '../../../schema/index.js';
import { Api } from '../../../src/client/api.js';
import { ArtifactApi } from '../../../src/client/artifact-api.js';
import { UnreachableError } from '../../../src/client/problem.js';

/** The API of a notebook whose server gives this answer to everything. */
function answeredBy(answer: Response): ArtifactApi {
  const fetch = () => Promise.resolve(answer);
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://localhost/', fetch });
  return new ArtifactApi(new Api(settings), '/notebooks/n' as StreamPath);
}

const logIn = () =>
  new Response('<form>Log in</form>', { headers: { 'Content-Type': 'text/html' } });

describe('what is kept outside the document, over HTTP', () => {
  it('[VD4] never takes a log-in form or a page of a proxy for an output, and says what to do', async () => {
    const read = [
      answeredBy(logIn()).text('h', 'text/html'),
      answeredBy(logIn()).lines('h', 0, 1, new AbortController().signal),
      answeredBy(logIn()).check('h')
    ];
    for (const each of read) {
      const reason: unknown = await each.then(
        () => undefined,
        (why: unknown) => why
      );
      expect(reason).toBeInstanceOf(UnreachableError);
      expect((reason as Error).message).toMatch(/not Colophon\. Reload the page, and log in again/);
    }
  });

  it('[VD4] gives the text of an output that looks like such a page', async () => {
    const headers = { 'Content-Type': 'text/html', 'Content-Disposition': 'attachment' };
    const api = answeredBy(new Response('<form>Log in</form>', { headers }));
    expect(await api.text('h', 'text/html')).toBe('<form>Log in</form>');
  });
});
