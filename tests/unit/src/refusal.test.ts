import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { errorOf, RefusedError, UnreachableError } from '../../../src/client/problem.js';
import { refusalWords } from '../../../src/executor/refusal.js';

const trans = nullTranslator.load('jupyterlab_colophon');
const problem = (code: string, detail: string) =>
  JSON.stringify({ type: 'about:blank', title: 'No', status: 0, code, detail });

describe('an answer that is not the one hoped for', () => {
  it('[U2] of the host is shown in the words of the host', () => {
    const error = errorOf(409, problem('source-mismatch', 'The cell has changed. Run it again.'));
    expect(error).toBeInstanceOf(RefusedError);
    expect(refusalWords(error, 1, trans)).toEqual({
      title: 'The cell was not run.',
      detail: 'The cell has changed. Run it again.'
    });
  });

  it.each([
    [503, problem('runtime-unavailable', 'The host is away.')],
    [502, '<html>Bad Gateway</html>'],
    [404, '<html>Not Found</html>']
  ])('[U2] of a gateway (%i) counts as silence: nothing is lost', (status, body) => {
    const error = errorOf(status, body);
    expect(error).toBeInstanceOf(UnreachableError);
    const { title, detail } = refusalWords(error, 3, trans);
    expect(title).toBe('3 cells were not run.');
    expect(detail).toContain('Nothing is lost');
  });

  it('[U2] for want of a log-in says what to do', () => {
    const error = errorOf(403, '<html>Forbidden</html>');
    expect(refusalWords(error, 1, trans).detail).toContain('Log in again');
  });
});
